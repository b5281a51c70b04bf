// SPDX-License-Identifier: Apache-2.0
// loop.taskStarter: a request is a real task, whose first step runs at once where that can be done.
// An answer that never waits is then complete before the read that brought its request returns.
//
// The difference, with StartLazy: most requests never wait, and a task that nobody has seen costs
// as much as all the rest. So the first step runs in a context of its own without one.
// asyncio.current_task() and all_tasks(), which asgi_native.py has replaced before the application
// could take them, ask taskOfStep(), and from then on the task is there: made, and entered. When
// the first step waits, the task is made at the latest, and told what it waits for.
#include "asgi.h"

#include <dlfcn.h>

// Not in the stable ABI, but in every CPython since 3.7.
static PyObject *(*s_copyContext)(void);
static int (*s_enterContext)(PyObject *);
static int (*s_exitContext)(PyObject *);
static PyObject *s_callSoon, *s_context, *s_run, *s_done, *s_self, *s_getCoro;

bool asgiTaskPrepare(void)
{
    *(void **)&s_copyContext = dlsym(RTLD_DEFAULT, "PyContext_CopyCurrent");
    *(void **)&s_enterContext = dlsym(RTLD_DEFAULT, "PyContext_Enter");
    *(void **)&s_exitContext = dlsym(RTLD_DEFAULT, "PyContext_Exit");
    return (s_callSoon = PyUnicode_InternFromString("call_soon"))
        && (s_context = PyUnicode_InternFromString("context"))
        && (s_run = PyUnicode_InternFromString("run"))
        && (s_done = PyUnicode_InternFromString("done"))
        && (s_self = PyUnicode_InternFromString("__self__"))
        && (s_getCoro = PyUnicode_InternFromString("get_coro"));
}

/// The loop holds tasks only weakly.
static bool keep(AsgiChannel *channel, PyObject *task)
{
    PyObject *done = PyObject_CallMethodObjArgs(task, s_done, NULL);
    if (!done)
        return false;
    const bool isDone = Py_IsTrue(done);
    Py_DECREF(done);
    if (isDone)
        return true;
    PyObject *discard = PyObject_GetAttrString(channel->tasks, "discard");
    PyObject *added = discard && PySet_Add(channel->tasks, task) == 0
        ? PyObject_CallMethod(task, "add_done_callback", "O", discard)
        : NULL;
    Py_XDECREF(discard);
    Py_XDECREF(added);
    return added != NULL;
}

static bool keepGiven(AsgiChannel *channel, PyObject *task)
{
    const bool done = task && keep(channel, task);
    Py_XDECREF(task);
    return done;
}

// -- a task whose first step is ours to run -----------------------------------------------------

/// Whether `callback` is the first step of the task that is being made. -1 with an exception.
static int isStepOfMade(const AsgiChannel *channel, PyObject *callback)
{
    PyObject *task = channel->making ? PyObject_GetAttr(callback, s_self) : NULL;
    if (!task) {
        PyErr_Clear(); // a plain function has none
        return 0;
    }
    int answer = PyObject_IsInstance(task, channel->task);
    if (answer > 0) {
        PyObject *coroutine = PyObject_CallMethodObjArgs(task, s_getCoro, NULL);
        answer = coroutine ? coroutine == channel->making : -1;
        Py_XDECREF(coroutine);
    }
    Py_DECREF(task);
    return answer;
}

/// call_soon of the loop itself, as it was called.
static PyObject *passOn(const AsgiChannel *channel, PyObject *const *arguments, Py_ssize_t count,
                        PyObject *names)
{
    PyObject *all = PyTuple_New(count);
    PyObject *named = names ? PyDict_New() : NULL;
    bool done = all && (named || !names);
    for (Py_ssize_t i = 0; done && i < count; ++i)
        done = PyTuple_SetItem(all, i, Py_NewRef(arguments[i])) == 0;
    for (Py_ssize_t i = 0; done && names && i < PyTuple_Size(names); ++i)
        done = PyDict_SetItem(named, PyTuple_GetItem(names, i), arguments[count + i]) == 0;
    PyObject *handle = done ? PyObject_Call(channel->callSoon, all, named) : NULL;
    Py_XDECREF(all);
    Py_XDECREF(named);
    return handle;
}

/// Stands in for the loop's call_soon while a task is made. Not only the task calls it then: what
/// a garbage collection finalizes may do so too.
PyObject *asgiCapture(PyObject *object, PyObject *const *arguments, Py_ssize_t count,
                      PyObject *names)
{
    AsgiChannel *channel = (AsgiChannel *)object;
    const int isStep = count < 1 ? 0 : isStepOfMade(channel, arguments[0]);
    if (isStep < 0)
        return NULL;
    if (!isStep)
        return passOn(channel, arguments, count, names);
    PyObject *before = channel->step;
    channel->step = Py_NewRef(arguments[0]);
    Py_XDECREF(before);
    Py_RETURN_NONE;
}

/// Its first step is in channel->step.
static PyObject *makeTask(AsgiChannel *channel, PyObject *coroutine, PyObject *context)
{
    PyObject *arguments = PyTuple_Pack(1, coroutine);
    PyObject *named = PyDict_Copy(channel->taskNamed);
    PyObject *task = NULL;
    if (arguments && named && PyDict_SetItem(named, s_context, context) == 0
        && PyObject_SetAttr(channel->loop, s_callSoon, channel->capture) == 0) {
        channel->making = coroutine;
        task = PyObject_Call(channel->task, arguments, named);
        channel->making = NULL;
        PyObject *kind, *error, *trace;
        PyErr_Fetch(&kind, &error, &trace);
        if (PyObject_SetAttr(channel->loop, s_callSoon, NULL) != 0)
            PyErr_Clear();
        PyErr_Restore(kind, error, trace);
    }
    Py_XDECREF(arguments);
    Py_XDECREF(named);
    return task;
}

/// With no task entered, as the loop would.
static bool runStep(AsgiChannel *channel, PyObject *context)
{
    PyObject *step = channel->step;
    channel->step = NULL;
    PyObject *done = step ? PyObject_CallMethodObjArgs(context, s_run, step, NULL) : NULL;
    Py_XDECREF(step);
    Py_XDECREF(done);
    return done != NULL;
}

static bool startShown(AsgiChannel *channel, PyObject *coroutine)
{
    PyObject *context = s_copyContext();
    PyObject *task = context ? makeTask(channel, coroutine, context) : NULL;
    const bool done = task && runStep(channel, context) && keep(channel, task);
    Py_XDECREF(task);
    Py_XDECREF(context);
    return done;
}

// -- a task only when somebody asks --------------------------------------------------------------

static bool callWith(PyObject *function, AsgiChannel *channel, PyObject *task)
{
    PyObject *done = PyObject_CallFunctionObjArgs(function, channel->loop, task, NULL);
    Py_XDECREF(done);
    return done != NULL;
}

PyObject *asgiTaskOfStep(PyObject *object, PyObject *loop)
{
    AsgiChannel *channel = (AsgiChannel *)object;
    // Another thread must not borrow the loop's call_soon, and what is finalized while the task is
    // made must not make it once more: for them it is not there yet.
    if (!channel->first || channel->making || loop != channel->loop
        || !pthread_equal(channel->thread, pthread_self()))
        Py_RETURN_NONE;
    if (!channel->firstTask) {
        PyObject *task = makeTask(channel, (PyObject *)channel->first, channel->firstContext);
        if (!task || !callWith(channel->enterTask, channel, task)) {
            Py_XDECREF(task);
            return NULL;
        }
        channel->firstTask = task;
    }
    return Py_NewRef(channel->firstTask);
}

static bool startLazy(AsgiChannel *channel, Request *request)
{
    PyObject *context = s_copyContext();
    if (!context || s_enterContext(context) != 0) {
        Py_XDECREF(context);
        return false;
    }
    channel->first = request;
    channel->firstContext = context;
    const PySendResult outcome = requestSend(request, Py_None, &request->yielded);
    channel->first = NULL;
    channel->firstContext = NULL;
    PyObject *task = channel->firstTask;
    channel->firstTask = NULL;
    bool done = true;
    if (outcome == PYGEN_ERROR) // GeneratorExit: a task would show it where nobody looks
        PyErr_WriteUnraisable((PyObject *)request);
    else if (outcome == PYGEN_RETURN)
        Py_CLEAR(request->yielded);
    if (task)
        done = callWith(channel->leaveTask, channel, task);
    done = s_exitContext(context) == 0 && done;
    if (done && !task && outcome == PYGEN_NEXT) {
        task = makeTask(channel, (PyObject *)request, context);
        done = task != NULL;
    }
    // it hears what the step waits for, or that all is done
    if (done && task)
        done = runStep(channel, context) && keep(channel, task);
    Py_XDECREF(task);
    Py_DECREF(context);
    return done;
}

// -- which of them -------------------------------------------------------------------------------

static bool startEager(AsgiChannel *channel, PyObject *coroutine)
{
    PyObject *arguments = PyTuple_Pack(1, coroutine);
    PyObject *task = arguments ? PyObject_Call(channel->task, arguments, channel->taskNamed) : NULL;
    Py_XDECREF(arguments);
    return keepGiven(channel, task);
}

static bool startSoon(AsgiChannel *channel, PyObject *coroutine)
{
    return keepGiven(channel, PyObject_CallMethod(channel->loop, "create_task", "O", coroutine));
}

bool asgiStartOther(AsgiChannel *channel, PyObject *coroutine)
{
    switch (channel->start) {
    case StartEager:
        return startEager(channel, coroutine);
    case StartShown:
    case StartLazy:
        return startShown(channel, coroutine);
    default:
        return startSoon(channel, coroutine);
    }
}

bool asgiStart(AsgiChannel *channel, Request *request)
{
    return channel->start == StartLazy ? startLazy(channel, request)
                                       : asgiStartOther(channel, (PyObject *)request);
}
