// SPDX-License-Identifier: Apache-2.0
// The module _core: how a Channel is made, and what Python sees of a Stream.
#include "asgi.h"

#include <errno.h>
#include <stddef.h>
#include <structmember.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

PyTypeObject *g_streamType, *g_channelType, *g_exchangeType;

// -- Stream --------------------------------------------------------------------------------------

static void streamFree(PyObject *object)
{
    Stream *self = (Stream *)object;
    PyTypeObject *type = Py_TYPE(object);
    pthread_cond_destroy(&self->changed);
    PyObject *owned[] = {self->key,       self->environ, self->method, self->target,
                         self->requestId, self->data,    self->chunks};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; ++i)
        Py_XDECREF(owned[i]);
    PyObject_Free(self);
    Py_DECREF(asObject(type));
}

// What environ.StreamInput and environ.EnvironReader use of stream.Stream.
static PyMemberDef s_streamMembers[] = {
    {"number", T_UINT, offsetof(Stream, number), READONLY, NULL},
    {"complete", T_BOOL, offsetof(Stream, complete), READONLY, NULL},
    {"gone", T_BOOL, offsetof(Stream, gone), READONLY, NULL},
    {"chunks", T_OBJECT, offsetof(Stream, chunks), READONLY, NULL},
    {"begin", T_PYSSIZET, offsetof(Stream, begin), READONLY, NULL},
    {"end", T_PYSSIZET, offsetof(Stream, end), READONLY, NULL},
    {"data", T_OBJECT, offsetof(Stream, data), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot s_streamSlots[] = {
    {Py_tp_dealloc, streamFree},
    {Py_tp_members, s_streamMembers},
    {0, NULL},
};
static PyType_Spec s_streamSpec = {
    .name = "arcology_worker._core.Stream",
    .basicsize = sizeof(Stream),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = s_streamSlots,
};

// -- Channel -------------------------------------------------------------------------------------

static bool watch(Channel *self, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLET, .data.fd = fd};
    return fd >= 0 && epoll_ctl(self->epollFd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool openAll(Channel *self)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&self->taken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&self->waitMutex, NULL);
    self->epollFd = epoll_create1(EPOLL_CLOEXEC);
    self->wakeFd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->timerFd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return self->epollFd >= 0 && watch(self, self->wire.fd, EPOLLIN | EPOLLRDHUP)
        && watch(self, self->wakeFd, EPOLLIN) && watch(self, self->timerFd, EPOLLIN);
}

/// Channel(fd, threads, application, table, reader, template, twin)
static PyObject *channelNew(PyTypeObject *type, PyObject *arguments, PyObject *Py_UNUSED(keywords))
{
    int fd, threads;
    PyObject *application, *table, *reader, *template, *twin;
    if (!PyArg_ParseTuple(arguments, "iiOOOO!O", &fd, &threads, &application, &table, &reader,
                          &PyDict_Type, &template, &twin))
        return NULL;
    Channel *self = (Channel *)PyType_GenericAlloc(type, 0);
    if (!self)
        return NULL;
    self->epollFd = self->wakeFd = self->timerFd = -1;
    self->live = threads;
    self->application = Py_NewRef(application);
    self->reader = Py_NewRef(reader);
    self->template = Py_NewRef(template);
    self->environKeys = PyObject_GetAttrString(table, "environKeys");
    self->clientGone = PyObject_GetAttrString(twin, "ClientGone");
    self->bytesIO = PyObject_GetAttrString(twin, "BytesIO");
    self->streams = PyDict_New();
    self->literalKeys = PyDict_New();
    const bool isWired = wireOpen(&self->wire, fd, table, twin);
    if (isWired && !openAll(self))
        PyErr_SetFromErrno(PyExc_OSError);
    else if (self->environKeys && !PyList_Check(self->environKeys))
        PyErr_SetString(PyExc_TypeError, "environKeys is no list");
    if (PyErr_Occurred()) {
        Py_DECREF(asObject(self));
        return NULL;
    }
    return (PyObject *)self;
}

static void channelFree(PyObject *object)
{
    Channel *self = (Channel *)object;
    PyTypeObject *type = Py_TYPE(object);
    for (Stream *stream = self->firstPending; stream;) {
        Stream *next = stream->next;
        Py_DECREF(asObject(stream));
        stream = next;
    }
    const int opened[] = {self->epollFd, self->wakeFd, self->timerFd};
    for (size_t i = 0; i < sizeof opened / sizeof opened[0]; ++i) {
        if (opened[i] >= 0)
            close(opened[i]);
    }
    wireClose(&self->wire);
    PyObject *owned[] = {self->streams,     self->application, self->template,   self->environKeys,
                         self->literalKeys, self->reader,      self->clientGone, self->bytesIO};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; ++i)
        Py_XDECREF(owned[i]);
    PyObject_Free(self);
    Py_DECREF(asObject(type));
}

static PyType_Slot s_channelSlots[] = {
    {Py_tp_new, channelNew},
    {Py_tp_dealloc, channelFree},
    {Py_tp_methods, g_channelMethods},
    {0, NULL},
};
static PyType_Spec s_channelSpec = {
    .name = "arcology_worker._core.Channel",
    .basicsize = sizeof(Channel),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = s_channelSlots,
};

// -- the module ----------------------------------------------------------------------------------

static bool addType(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *type && PyModule_AddType(module, *type) == 0;
}

static int prepare(PyObject *module)
{
    if (g_streamType) { // a second interpreter of this process
        PyErr_SetString(PyExc_ImportError, "arcology_worker._core is loaded already");
        return -1;
    }
    return environPrepare() && exchangePrepare() && asgiScopePrepare() && asgiTaskPrepare()
            && requestPrepare() && answerPrepare() && callPrepare() && sendPrepare()
            && bodyPrepare() && addType(module, &s_streamSpec, &g_streamType)
            && addType(module, &s_channelSpec, &g_channelType)
            && addType(module, &g_exchangeSpec, &g_exchangeType)
            && addType(module, &g_asgiChannelSpec, &g_asgiChannelType)
            && addType(module, &g_requestSpec, &g_requestType)
            && addType(module, &g_callSpec, &g_callType)
        ? 0
        : -1;
}

static PyModuleDef_Slot s_moduleSlots[] = {
    {Py_mod_exec, prepare},
    {0, NULL},
};
static struct PyModuleDef s_module = {
    PyModuleDef_HEAD_INIT, "_core", NULL, 0, NULL, s_moduleSlots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__core(void);
PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&s_module);
}
