// SPDX-License-Identifier: Apache-2.0
// What reading one request head costs, for each way to scan that this machine has.
//   bench_head [ROUNDS]
//       nanoseconds per head; the best of the rounds counts
//   bench_head --only CASE SCANNER TIMES
//       one case so many times, for counting instructions: two runs with different TIMES under
//       valgrind --tool=callgrind, and the difference
#include "server/base/text.h"
#include "server/http/syntax/head_parser.h"
#include "server/http/syntax/scan.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace arc;

namespace {

struct Case {
    const char *name;
    const char *bytes;
    size_t piece; ///< bytes that arrive at once; 0: all
};

constexpr char kCurl[] = "GET /index.html HTTP/1.1\r\n"
                         "Host: 127.0.0.1:8080\r\n"
                         "User-Agent: curl/7.88.1\r\n"
                         "Accept: */*\r\n"
                         "\r\n";
constexpr char kBrowser[] =
    "GET /static/app/main.3f9c2b71.js?v=20261126 HTTP/1.1\r\n"
    "Host: shop.example.org\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"142\", \"Not?A_Brand\";v=\"24\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: https://shop.example.org/catalogue/lamps?page=3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7\r\n"
    "Cookie: sessionid=6b1d0f9a2c7e4d53b8a1; csrftoken=Qm9vZ2llV29vZ2llQm9vZ2llV29vZ2ll\r\n"
    "\r\n";

constexpr Case kCases[] = {
    {"curl", kCurl, 0},
    {"browser", kBrowser, 0},
    {"dripped", kBrowser, 1},
};

struct Room {
    std::array<HeaderView, kHeaderCountMax> headers;
    std::string text;
    RequestHead head;
};

void readOnce(const Case &what, const Scanner &scanner, Room &room)
{
    const std::string_view bytes(what.bytes);
    HeadProgress progress;
    HeadOutcome outcome;
    size_t size = what.piece ? what.piece : bytes.size();
    for (; size <= bytes.size() && outcome.step == HeadStep::NeedMore; size += what.piece)
        outcome = parseHead(bytes.substr(0, size), {}, progress, {room.headers, room.text},
                            room.head, scanner);
    if (outcome.step != HeadStep::Done || outcome.bytesUsed != bytes.size()) {
        std::fprintf(stderr, "%s is not read as one head\n", what.name);
        std::exit(1);
    }
}

double nanosecondsPerHead(const Case &what, const Scanner &scanner, uint64_t rounds)
{
    using Clock = std::chrono::steady_clock;
    const int times = what.piece ? 500 : 20'000;
    Room room;
    double best = 1e9;
    for (uint64_t round = 0; round < rounds; ++round) {
        const auto begin = Clock::now();
        for (int i = 0; i < times; ++i)
            readOnce(what, scanner, room);
        const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
        best = std::min(best, took.count() / times);
    }
    return best;
}

int runOnly(const char *caseName, const char *scannerName, uint64_t times)
{
    Room room;
    for (const Case &what : kCases) {
        for (const Scanner &scanner : scanners()) {
            if (what.name == std::string_view(caseName) && scanner.name == scannerName) {
                for (uint64_t i = 0; i < times; ++i)
                    readOnce(what, scanner, room);
                return 0;
            }
        }
    }
    std::fprintf(stderr, "no such case or scanner\n");
    return 1;
}

} // namespace

int main(int argc, char **argv)
{
    const auto number = [&](int at) {
        return argc > at ? parseUnsigned(argv[at]).value_or(0) : 50;
    };
    if (argc == 5 && std::string_view(argv[1]) == "--only")
        return runOnly(argv[2], argv[3], number(4));
    for (const Case &what : kCases) {
        std::printf("%-8s %4zu bytes:", what.name, std::strlen(what.bytes));
        for (const Scanner &scanner : scanners())
            std::printf("  %.*s %.0f ns", static_cast<int>(scanner.name.size()),
                        scanner.name.data(), nanosecondsPerHead(what, scanner, number(1)));
        std::printf("\n");
    }
    return 0;
}
