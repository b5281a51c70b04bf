// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/ctl/ctl.h"
#include "tests/support/fake_control.h"

#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

namespace arc::test {

/// ctl owns the Control it is given; the test keeps the fake.
class Borrowed final : public Control {
public:
    explicit Borrowed(Control &target) : m_target(target) { }
#define OPERATION(NAME, METHOD, PATH, ROLE, REQUEST, ANSWER, VERB, CONFIRM, HELP)                  \
    void NAME(api::REQUEST what, Callback<api::ANSWER> done) override                              \
    {                                                                                              \
        m_target.NAME(std::move(what), std::move(done));                                           \
    }
#include "server/control/api/operations.def"

private:
    Control &m_target;
};

struct Ran {
    int exit = -1;
    std::string out;
    std::string err;
};

inline QStringList lines(const std::string &text)
{
    return QString::fromStdString(text).split('\n', Qt::SkipEmptyParts);
}

/// ctl against a FakeControl, to be run by one test function after the other.
class CtlUnderTest {
protected:
    void reset()
    {
        m_fake = std::make_unique<FakeControl>();
        m_fake->setClock([] { return int64_t {1'800'000'000'000}; });
        m_pauses = 0;
        m_interruptAt = -1;
        m_onPause = nullptr;
        m_columns = 0;
    }

    std::unique_ptr<FakeControl> m_fake;
    int m_pauses = 0;
    int m_interruptAt = -1; // the pause that Ctrl+C ends
    std::function<void()> m_onPause;
    int m_columns = 0;
    std::string m_value;              // that is typed where nobody sees it
    std::vector<std::string> m_asked; // for the values of these variables
    std::string m_socket;
    std::string m_dataDir;

    Ran run(const std::vector<std::string> &arguments)
    {
        Ran ran;
        const CtlWorld world {
            .connect = [&](const std::string &socket,
                           const std::string &dataDir) -> Result<std::unique_ptr<Control>> {
                m_socket = socket;
                m_dataDir = dataDir;
                return std::unique_ptr<Control>(std::make_unique<Borrowed>(*m_fake));
            },
            .out = [&](std::string_view text) { ran.out += text; },
            .err = [&](std::string_view text) { ran.err += text; },
            .pause =
                [this](std::chrono::milliseconds) {
                    if (m_onPause)
                        m_onPause();
                    return m_pauses++ == m_interruptAt;
                },
            .catchInterrupts = [] {},
            .readValue =
                [this](const std::string &name) {
                    m_asked.push_back(name);
                    return Result<std::string>(m_value);
                },
            .columns = m_columns};
        ran.exit = runCtl(arguments, world);
        return ran;
    }

    std::string offer(const QTemporaryDir &folder)
    {
        const std::string path = std::filesystem::canonical(folder.path().toStdString()).string();
        api::ProjectChoice project {.kind = "django",
                                    .title = "Django 3.2.19",
                                    .name = "blog",
                                    .root = path,
                                    .entry = "blog.wsgi:application",
                                    .interface = "wsgi"};
        m_fake->folders[path] = {.folder = path, .projects = {project}};
        return path;
    }
};

} // namespace arc::test
