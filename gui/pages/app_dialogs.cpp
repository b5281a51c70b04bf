// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/app_dialogs.h"

#include "gui/models/format.h"
#include "gui/theme/theme.h"
#include "gui/widgets/titled_dialog.h"

#include <QFormLayout>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

namespace {

/// A question, fields for the answer, and buttons.
class SmallDialog : public TitledDialog {
public:
    SmallDialog(QWidget *parent, const QString &title, const QString &text)
        : TitledDialog(title, text, parent), m_fields(new QFormLayout)
    {
        m_fields->setSpacing(8);
        column()->addLayout(m_fields);
        column()->addSpacing(4);
    }

    QLineEdit *addField(const QString &name)
    {
        auto *field = new QLineEdit(this);
        field->setAccessibleName(name);
        m_fields->addRow(name, field);
        return field;
    }

private:
    QFormLayout *m_fields;
};

} // namespace

void ask(QWidget *parent, const Question &question, std::function<void()> yes)
{
    auto *dialog = new SmallDialog(parent, question.title, question.text);
    dialog->addStretch();
    auto *action = dialog->addButton(question.action, "confirm");
    action->setProperty("danger", true);
    dialog->makeDefault(dialog->addCancel());
    QObject::connect(action, &QPushButton::clicked, dialog, &QDialog::accept);
    QObject::connect(dialog, &QDialog::accepted, parent, std::move(yes));
    dialog->open();
}

void askTyped(QWidget *parent, const Question &question, std::function<void()> yes)
{
    auto *dialog = new SmallDialog(parent, question.title, question.text);
    auto *field = dialog->addField(QObject::tr("Type %1").arg(question.typed));
    field->setObjectName(QStringLiteral("typed"));
    dialog->addStretch();
    auto *action = dialog->addButton(question.action, "confirm");
    action->setProperty("danger", true);
    action->setEnabled(false);
    dialog->makeDefault(dialog->addCancel());
    QObject::connect(field, &QLineEdit::textChanged, dialog,
                     [action, typed = question.typed](const QString &text) {
                         action->setEnabled(!typed.isEmpty() && text == typed);
                     });
    QObject::connect(action, &QPushButton::clicked, dialog, &QDialog::accept);
    QObject::connect(dialog, &QDialog::accepted, parent, std::move(yes));
    dialog->open();
    field->setFocus();
}

void askAdminAccount(QWidget *parent, const QString &site, std::function<void(AdminAccount)> done)
{
    auto *dialog =
        new SmallDialog(parent, QObject::tr("Create an administrator of %1").arg(site),
                        QObject::tr("Runs manage.py createsuperuser. The password goes to "
                                    "that command only and is not kept."));
    auto *name = dialog->addField(QObject::tr("User name"));
    auto *mail = dialog->addField(QObject::tr("E-mail"));
    auto *password = dialog->addField(QObject::tr("Password"));
    auto *again = dialog->addField(QObject::tr("Password again"));
    for (QLineEdit *field : {password, again})
        field->setEchoMode(QLineEdit::Password);
    name->setObjectName(QStringLiteral("adminName"));
    mail->setObjectName(QStringLiteral("adminMail"));
    password->setObjectName(QStringLiteral("adminPassword"));
    again->setObjectName(QStringLiteral("adminPasswordAgain"));
    dialog->addStretch();
    dialog->addCancel();
    auto *create =
        dialog->addButton(QObject::tr("Create administrator of %1").arg(site), "confirm");
    create->setProperty("primary", true);
    create->setDefault(true);
    create->setEnabled(false);
    const auto check = [=] {
        create->setEnabled(!name->text().isEmpty() && !password->text().isEmpty()
                           && password->text() == again->text());
        create->setToolTip(create->isEnabled()
                               ? QString()
                               : QObject::tr("Needs a name and twice the same password"));
    };
    for (QLineEdit *field : {name, password, again})
        QObject::connect(field, &QLineEdit::textChanged, dialog, check);
    QObject::connect(create, &QPushButton::clicked, dialog, &QDialog::accept);
    QObject::connect(dialog, &QDialog::accepted, parent, [=, done = std::move(done)] {
        done({name->text(), mail->text(), password->text()});
    });
    dialog->open();
    name->setFocus();
}

void askCommand(QWidget *parent, const QString &site, std::function<void(QStringList)> done)
{
    auto *dialog =
        new SmallDialog(parent, QObject::tr("Run a command in %1").arg(site),
                        QObject::tr("Runs in the site's folder, with its interpreter and "
                                    "its variables. For example: manage.py check"));
    auto *line = dialog->addField(QObject::tr("Command"));
    line->setObjectName(QStringLiteral("commandLine"));
    line->setFont(monoFont());
    dialog->addStretch();
    dialog->addCancel();
    auto *run = dialog->addButton(QObject::tr("Run in %1").arg(site), "confirm");
    run->setProperty("primary", true);
    run->setDefault(true);
    run->setEnabled(false);
    QObject::connect(line, &QLineEdit::textChanged, dialog,
                     [=] { run->setEnabled(!QProcess::splitCommand(line->text()).isEmpty()); });
    QObject::connect(run, &QPushButton::clicked, dialog, &QDialog::accept);
    QObject::connect(dialog, &QDialog::accepted, parent, [line, done = std::move(done)] {
        done(QProcess::splitCommand(line->text()));
    });
    dialog->open();
    line->setFocus();
}

void askQuit(QWidget *parent, int sites, double requestsPerSecond, const QString &ifKept,
             std::function<void(QuitChoice)> done)
{
    auto *dialog = new SmallDialog(
        parent, QObject::tr("%n site(s) being served", nullptr, sites),
        QObject::tr("%1 requests per second now. %2").arg(rateText(requestsPerSecond), ifKept));
    auto *stop = dialog->addButton(QObject::tr("Stop serving and quit"), "stopServing");
    stop->setProperty("danger", true);
    dialog->addStretch();
    dialog->addCancel();
    auto *keep = dialog->addButton(QObject::tr("Keep serving"), "keepServing");
    keep->setProperty("primary", true);
    dialog->makeDefault(keep);
    QObject::connect(stop, &QPushButton::clicked, parent, [dialog, done] {
        dialog->close();
        done(QuitChoice::StopServing);
    });
    QObject::connect(keep, &QPushButton::clicked, parent, [dialog, done] {
        dialog->close();
        done(QuitChoice::KeepServing);
    });
    dialog->open();
}

void askClose(QWidget *parent, const QString &text, std::function<void()> close)
{
    auto *dialog = new SmallDialog(parent, QObject::tr("Arcology goes on serving"), text);
    dialog->addStretch();
    dialog->addCancel();
    auto *action = dialog->addButton(QObject::tr("Close window"), "confirm");
    action->setProperty("primary", true);
    dialog->makeDefault(action);
    QObject::connect(action, &QPushButton::clicked, dialog, &QDialog::accept);
    QObject::connect(dialog, &QDialog::accepted, parent, std::move(close));
    dialog->open();
}

} // namespace arc
