// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/control.h"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <type_traits>

namespace arc::test {

struct RawAnswer {
    int status = 0; ///< 0: no answer
    std::string head;
    std::string body;
};
/// One request on a connection of its own, byte by byte as given; reads until the answer is whole.
RawAnswer rawCall(const std::string &socketPath, const std::string &request);

/// Calls and waits on the test's thread for the answer that comes on another.
template <class Answer, class Request>
Result<Answer> ask(Control &control, void (Control::*operation)(Request, Control::Callback<Answer>),
                   std::type_identity_t<Request> what)
{
    auto promise = std::make_shared<std::promise<Result<Answer>>>();
    auto answer = promise->get_future();
    (control.*operation)(std::move(what), [promise](Result<Answer> result) {
        promise->set_value(std::move(result));
    });
    if (answer.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
        return Error {ErrorCode::Internal, "the test waited 30 s"};
    return answer.get();
}

} // namespace arc::test
