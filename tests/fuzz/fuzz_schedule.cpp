// SPDX-License-Identifier: Apache-2.0
// What people write about schedules: the expression, the zone's name, the command line.
#include "server/jobs/syntax/command_words.h"
#include "server/jobs/syntax/cron.h"
#include "tests/fuzz/check.h"

using namespace arc;

namespace {

void checkTimes(std::string_view text)
{
    const auto cron = CronExpression::parse(text);
    if (!cron)
        return FUZZ_CHECK(!cron.error().message().empty());
    for (const char *name : {"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}) {
        const auto zone = TimeZone::named(name);
        FUZZ_CHECK(zone.has_value());
        TimeZone::SysTime at {std::chrono::seconds(1'795'742'587)}; // 2026-11-27
        for (int i = 0; i < 4; ++i) {
            const TimeZone::SysTime next = cron->next(*zone, at);
            FUZZ_CHECK(next > at && next.time_since_epoch().count() % 60 == 0);
            FUZZ_CHECK(next - at < std::chrono::hours(24 * 366 * CronExpression::kYearsMax));
            at = next;
        }
    }
}

void checkCommand(std::string_view text)
{
    const auto words = commandWords(text);
    if (!words)
        return FUZZ_CHECK(!words.error().message().empty());
    FUZZ_CHECK(!words->empty() && !words->front().empty());
    const auto again = commandWords(commandLineOf(*words));
    FUZZ_CHECK(again && *again == *words);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    checkTimes(text);
    checkCommand(text);
    if (const auto zone = TimeZone::named(std::string(text)))
        FUZZ_CHECK(!zone->name().empty());
    return 0;
}
