// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QStringList>

#include <functional>

class QWidget;

namespace arc {

/// A question before something that cannot simply be undone. `action` names verb and object
/// ("Kill worker 4242"); Cancel is the default and what Escape means. Never blocks.
struct Question {
    QString title;
    QString text;
    QString action;
    QString typed {}; ///< what must be typed where the class asks for that: the object's name
};
void ask(QWidget *parent, const Question &question, std::function<void()> yes);
/// The same, but the action works only once `typed` stands in its field.
void askTyped(QWidget *parent, const Question &question, std::function<void()> yes);

struct AdminAccount {
    QString username;
    QString email;
    QString password;
};
/// Name, e-mail and password of a new Django administrator. The password stays in the dialog.
void askAdminAccount(QWidget *parent, const QString &site, std::function<void(AdminAccount)> done);
/// A command line for a site's interpreter, already taken apart into words.
void askCommand(QWidget *parent, const QString &site, std::function<void(QStringList)> done);

enum class QuitChoice { StopServing, KeepServing };
/// While sites are served: stop them, keep them (default), or do not quit at all. `ifKept` says how
/// the window comes back and how long serving goes on.
void askQuit(QWidget *parent, int sites, double requestsPerSecond, const QString &ifKept,
             std::function<void(QuitChoice)> done);

/// Before the window is closed while sites are served: `text` says that they go on.
void askClose(QWidget *parent, const QString &text, std::function<void()> close);

} // namespace arc
