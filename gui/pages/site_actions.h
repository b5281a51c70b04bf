// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <map>
#include <string>

namespace arc {

class WindowContext;

/// Everything that can be done to one site, with its question, its toast and its way back; the
/// same path for menu, page and shortcut. GUI thread.
class SiteActions : public QObject {
    Q_OBJECT
public:
    SiteActions(WindowContext &context, QObject *parent = nullptr);

    void setServing(const QString &site, bool on);
    /// New workers from the folder as it is now.
    void deploy(const QString &site);
    void remove(const QString &site);
    void openInBrowser(const QString &site);
    void migrate(const QString &site);
    void createAdmin(const QString &site);
    void runCommand(const QString &site);

    /// Kind of project, as far as it decides which commands are offered.
    bool hasApp(const QString &site) const;
    bool isDjango(const QString &site) const;

private:
    void stop(const QString &site);
    void run(const QString &site, const QStringList &words,
             const std::map<std::string, std::string> &variables);

    WindowContext &m_context;
};

} // namespace arc
