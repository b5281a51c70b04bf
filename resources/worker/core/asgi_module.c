// SPDX-License-Identifier: Apache-2.0
// How an AsgiChannel is made.
#include "asgi.h"

#include <string.h>

PyTypeObject *g_asgiChannelType, *g_requestType, *g_callType;

/// The number of a header name; 0 for one that has none.
static unsigned numberOf(PyObject *names, const char *name)
{
    for (Py_ssize_t i = 0; i < PyList_Size(names); ++i) {
        const char *each = PyBytes_AsString(PyList_GetItem(names, i));
        if (each && strcmp(each, name) == 0)
            return (unsigned)i;
    }
    PyErr_Clear();
    return 0;
}

/// What is taken of asyncio, once.
static bool takeAsyncio(AsgiChannel *self)
{
    PyObject *tasks = PyImport_ImportModule("asyncio.tasks");
    if (!tasks)
        return false;
    self->task = PyObject_GetAttrString(tasks, "Task");
    self->enterTask = PyObject_GetAttrString(tasks, "_enter_task");
    self->leaveTask = PyObject_GetAttrString(tasks, "_leave_task");
    Py_DECREF(tasks);
    self->coroutineType = PyObject_GetAttrString(self->wire.twin, "CoroutineType");
    self->createFuture = PyObject_GetAttrString(self->loop, "create_future");
    self->callSoon = PyObject_GetAttrString(self->loop, "call_soon");
    self->flush = PyObject_GetAttrString((PyObject *)self, "flush");
    self->capture = PyObject_GetAttrString((PyObject *)self, "capture");
    self->taskNamed = Py_BuildValue("{sO}", "loop", self->loop);
    if (self->taskNamed && self->start == StartEager
        && PyDict_SetItemString(self->taskNamed, "eager_start", Py_True) != 0)
        return false;
    return !PyErr_Occurred();
}

/// AsgiChannel(fd, start, loop, application, table, template, state, extensions, folders, owner,
/// twin)
static PyObject *channelNew(PyTypeObject *type, PyObject *arguments, PyObject *Py_UNUSED(keywords))
{
    int fd, start;
    PyObject *loop, *application, *table, *template, *state, *extensions, *folders, *owner, *twin;
    if (!PyArg_ParseTuple(arguments, "iiOOOO!O!O!OOO", &fd, &start, &loop, &application, &table,
                          &PyDict_Type, &template, &PyDict_Type, &state, &PyDict_Type, &extensions,
                          &folders, &owner, &twin))
        return NULL;
    AsgiChannel *self = (AsgiChannel *)PyType_GenericAlloc(type, 0);
    if (!self)
        return NULL;
    self->start = (Start)start;
    self->thread = pthread_self();
    self->loop = Py_NewRef(loop);
    self->application = Py_NewRef(application);
    self->template = Py_NewRef(template);
    self->state = Py_NewRef(state);
    self->extensions = Py_NewRef(extensions);
    self->folders = Py_NewRef(folders);
    self->owner = Py_NewRef(owner);
    self->requests = PyDict_New();
    self->tasks = PySet_New(NULL);
    self->bytesNames = PyObject_GetAttrString(table, "bytesNames");
    if (self->bytesNames && !PyList_Check(self->bytesNames))
        PyErr_SetString(PyExc_TypeError, "bytesNames is no list");
    if (PyErr_Occurred() || !wireOpen(&self->wire, fd, table, twin) || !takeAsyncio(self)) {
        Py_DECREF(asObject(self));
        return NULL;
    }
    self->cookie = numberOf(self->bytesNames, "cookie");
    self->authorization = numberOf(self->bytesNames, "authorization");
    return (PyObject *)self;
}

static void channelFree(PyObject *object)
{
    AsgiChannel *self = (AsgiChannel *)object;
    PyTypeObject *type = Py_TYPE(object);
    wireClose(&self->wire);
    PyObject *owned[] = {
        self->owner,       self->requests,      self->tasks,        self->loop,
        self->application, self->folders,       self->template,     self->state,
        self->extensions,  self->bytesNames,    self->createFuture, self->flush,
        self->capture,     self->task,          self->taskNamed,    self->enterTask,
        self->leaveTask,   self->lastServer,    self->lastPath,     self->lastPathText,
        self->step,        self->coroutineType, self->callSoon};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; ++i)
        Py_XDECREF(owned[i]);
    for (size_t i = 0; i < RememberedPairs; ++i)
        Py_XDECREF(self->remembered[i]);
    PyObject_Free(self);
    Py_DECREF(asObject(type));
}

static PyType_Slot s_slots[] = {
    {Py_tp_new, channelNew},
    {Py_tp_dealloc, channelFree},
    {Py_tp_methods, g_asgiChannelMethods},
    {Py_tp_members, g_asgiChannelMembers},
    {0, NULL},
};
PyType_Spec g_asgiChannelSpec = {
    .name = "arcology_worker._core.AsgiChannel",
    .basicsize = sizeof(AsgiChannel),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = s_slots,
};
