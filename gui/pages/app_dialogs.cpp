// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/app_dialogs.h"

#include "gui/models/format.h"
#include "gui/theme/theme.h"

#include <QDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

constexpr int kDialogWidth = 440;

namespace {

/// The frame all small dialogs share: title, text, what the caller adds, a row of buttons.
class SmallDialog : public QDialog {
public:
    SmallDialog(QWidget *parent, const QString &title, const QString &text) : QDialog(parent)
    {
        setAttribute(Qt::WA_DeleteOnClose);
        setWindowTitle(title);
        setMinimumWidth(scaled(kDialogWidth));
        auto *layout = new QVBoxLayout(this);
        layout->setContentsMargins(20, 18, 20, 16);
        layout->setSpacing(12);
        auto *heading = new QLabel(title, this);
        heading->setFont(titleFont());
        heading->setTextFormat(Qt::PlainText);
        heading->setWordWrap(true);
        auto *body = new QLabel(text, this);
        body->setTextFormat(Qt::PlainText);
        body->setWordWrap(true);
        body->setProperty("secondary", true);
        layout->addWidget(heading);
        layout->addWidget(body);
        body->setVisible(!text.isEmpty());
        m_content = new QFormLayout;
        m_content->setSpacing(8);
        layout->addLayout(m_content);
        layout->addSpacing(4);
        m_buttons = new QHBoxLayout;
        m_buttons->setSpacing(8);
        layout->addLayout(m_buttons);
        setAccessibleName(title);
        setAccessibleDescription(text);
    }

    QLineEdit *addField(const QString &name)
    {
        auto *field = new QLineEdit(this);
        field->setAccessibleName(name);
        m_content->addRow(name, field);
        return field;
    }

    QPushButton *addButton(const QString &text, const char *objectName)
    {
        auto *button = new QPushButton(text, this);
        button->setAccessibleName(text);
        button->setObjectName(QLatin1String(objectName));
        button->setAutoDefault(false);
        m_buttons->addWidget(button);
        return button;
    }
    void addStretch() { m_buttons->addStretch(); }

    void addCancel(bool isDefault)
    {
        auto *cancel = addButton(QObject::tr("Cancel"), "cancel");
        connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
        if (isDefault)
            makeDefault(cancel);
    }

    void makeDefault(QPushButton *button)
    {
        button->setDefault(true);
        button->setFocus();
    }

private:
    QFormLayout *m_content;
    QHBoxLayout *m_buttons;
};

} // namespace

void ask(QWidget *parent, const Question &question, std::function<void()> yes)
{
    auto *dialog = new SmallDialog(parent, question.title, question.text);
    dialog->addStretch();
    auto *action = dialog->addButton(question.action, "confirm");
    action->setProperty("danger", true);
    dialog->addCancel(true);
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
    dialog->addCancel(true);
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
    dialog->addCancel(false);
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
    dialog->addCancel(false);
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
    dialog->addCancel(false);
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

} // namespace arc
