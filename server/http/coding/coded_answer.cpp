// SPDX-License-Identifier: Apache-2.0
#include "server/http/coding/coded_answer.h"

#include "server/http/http_loop.h"
#include "server/http/router.h"

namespace arc {

namespace {

ResponseHead headAfter(const CodingDecision &decision, ResponseHead head)
{
    if (!decision.varies)
        return head;
    ResponseHead after {.status = head.status, .headers = {}};
    after.headers.append(linesAfter(decision, head.headers.lines()));
    return after;
}

} // namespace

void CodedAnswer::respond(Exchange &exchange, ResponseHead head, Chunk body) noexcept
{
    CoderPool *pool = exchange.http().coders();
    const CodingRules &rules = exchange.route().coding;
    CodingDecision decision;
    if (pool && !body.file)
        decision =
            decideCoding(exchange.request(), head.status, head.headers.lines(), body.size(), rules);
    if (decision.coding != Coding::Identity) {
        const auto from = std::chrono::steady_clock::now();
        std::unique_ptr<Coder> coder = pool->take(decision.coding, rules);
        std::string coded;
        if (!coder || !coder->code(body.bytes, Coder::Step::Finish, coded)) {
            decision.coding = Coding::Identity;
        } else {
            countCoding(pool->metrics(), decision.coding, body.size(), coded.size(),
                        std::chrono::steady_clock::now() - from);
            body = Chunk::own(std::move(coded));
        }
        if (coder)
            pool->giveBack(std::move(coder));
    }
    exchange.respond(headAfter(decision, std::move(head)), std::move(body));
}

void CodedAnswer::begin(Exchange &exchange, ResponseHead head,
                        std::optional<uint64_t> length) noexcept
{
    m_pool = exchange.http().coders();
    const CodingRules &rules = exchange.route().coding;
    CodingDecision decision;
    if (m_pool && head.status == 304) {
        ResponseHead after {.status = head.status, .headers = {}};
        after.headers.append(linesOfNotModified(exchange.request(), head.headers.lines(), rules));
        head = std::move(after);
    } else if (m_pool) {
        decision =
            decideCoding(exchange.request(), head.status, head.headers.lines(), length, rules);
    }
    if (decision.coding != Coding::Identity) {
        const bool isHead = exchange.request().method == Method::Head;
        if (!isHead)
            m_coder = m_pool->take(decision.coding, rules);
        if (m_coder || isHead)
            length.reset(); // known only at the end
        else
            decision.coding = Coding::Identity;
    }
    exchange.begin(headAfter(decision, std::move(head)), length);
}

bool CodedAnswer::write(Exchange &exchange, std::string_view bytes) noexcept
{
    if (!m_coder) {
        exchange.write(Chunk::own(std::string(bytes)));
        return true;
    }
    m_needsFlush = true;
    return code(exchange, bytes, Coder::Step::More);
}

bool CodedAnswer::flush(Exchange &exchange) noexcept
{
    return !std::exchange(m_needsFlush, false) || code(exchange, {}, Coder::Step::Flush);
}

bool CodedAnswer::end(Exchange &exchange, const HeaderBlock &trailers) noexcept
{
    if (m_coder && !code(exchange, {}, Coder::Step::Finish))
        return false;
    drop();
    exchange.endWith(trailers);
    return true;
}

void CodedAnswer::drop() noexcept
{
    m_needsFlush = false;
    if (m_coder)
        m_pool->giveBack(std::move(m_coder));
}

bool CodedAnswer::code(Exchange &exchange, std::string_view bytes, Coder::Step step) noexcept
{
    const auto from = std::chrono::steady_clock::now();
    std::string coded;
    if (!m_coder->code(bytes, step, coded))
        return false;
    countCoding(m_pool->metrics(), m_coder->coding(), bytes.size(), coded.size(),
                std::chrono::steady_clock::now() - from);
    if (!coded.empty())
        exchange.write(Chunk::own(std::move(coded)));
    return true;
}

} // namespace arc
