// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/ctl/ctl.h"
#include "server/control/api/codec.h"

#include <future>
#include <memory>
#include <string>
#include <type_traits>

namespace arc {

/// One ctl command at work: the engine it speaks to and where its words go. Main thread of the ctl
/// process, which may wait for an answer; every call to the engine has a time limit of its own.
class CtlSession {
public:
    CtlSession(const CtlWorld &world, Control &control, bool json)
        : m_world(world), m_control(control), m_json(json)
    {
    }

    bool json() const noexcept { return m_json; }
    const CtlWorld &world() const noexcept { return m_world; }

    template <class Request, class Answer>
    Result<Answer> ask(void (Control::*operation)(Request, Control::Callback<Answer>),
                       std::type_identity_t<Request> what)
    {
        return order(operation, std::move(what)).get();
    }

    /// As ask(), with something to do until the answer comes.
    template <class Request, class Answer>
    std::future<Result<Answer>> order(void (Control::*operation)(Request,
                                                                 Control::Callback<Answer>),
                                      std::type_identity_t<Request> what)
    {
        // Shared, because a dropped callback (engine's client destroyed) may outlive this call.
        auto promise = std::make_shared<std::promise<Result<Answer>>>();
        auto answer = promise->get_future();
        (m_control.*operation)(std::move(what), [promise](Result<Answer> result) {
            promise->set_value(std::move(result));
        });
        return answer;
    }

    /// A line for people; nothing when --json was asked for.
    void say(std::string_view line) const;
    void print(std::string_view text) const { m_world.out(text); }
    template <class T>
    void printJson(const T &value) const
    {
        m_world.out(api::toJson(value) + "\n");
    }
    /// Prints the failure where it belongs; its exit code.
    int fail(const Error &error) const;
    /// What became of a change, as JSON or with its revision; the exit code.
    int sayChanged(const Result<api::Changed> &changed) const;

    /// Asks, prints the answer as JSON, or as `human` says.
    template <class Request, class Answer, class Human>
    int show(void (Control::*operation)(Request, Control::Callback<Answer>),
             std::type_identity_t<Request> what, Human human)
    {
        const Result<Answer> answer = ask(operation, std::move(what));
        if (!answer)
            return fail(answer.error());
        if (m_json)
            printJson(*answer);
        else
            human(*answer);
        return 0;
    }

private:
    const CtlWorld &m_world;
    Control &m_control;
    const bool m_json;
};

} // namespace arc
