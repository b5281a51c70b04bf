// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/certificate_dialogs.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/layouts.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

namespace arc {

constexpr int kDialogWidth = 500;

CertificateDialog::CertificateDialog(WindowContext &context, const QString &title,
                                     const QString &text, const QString &action, QWidget *parent)
    : QDialog(parent), m_context(context), m_content(new QVBoxLayout), m_fields(new QFormLayout),
      m_problem(new QLabel(this)), m_main(new QPushButton(action, this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    setAccessibleName(title);
    setAccessibleDescription(text);
    setMinimumWidth(scaled(kDialogWidth));
    auto *heading = new QLabel(title, this);
    heading->setFont(titleFont());
    heading->setTextFormat(Qt::PlainText);
    heading->setWordWrap(true);
    auto *body = new QLabel(text, this);
    body->setTextFormat(Qt::PlainText);
    body->setWordWrap(true);
    body->setProperty("secondary", true);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setProperty("bad", true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->hide();
    m_main->setProperty("primary", true);
    m_main->setDefault(true);
    m_main->setObjectName(QStringLiteral("confirm"));
    auto *cancel = new QPushButton(tr("Cancel"), this);
    cancel->setAutoDefault(false);
    cancel->setObjectName(QStringLiteral("cancel"));
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(m_main);
    m_content->setSpacing(8);
    m_fields->setSpacing(8);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(12);
    layout->addWidget(heading);
    layout->addWidget(body);
    layout->addLayout(m_content);
    layout->addLayout(m_fields);
    layout->addWidget(m_problem);
    layout->addStretch(); // spare room goes here, not between the lines
    layout->addLayout(buttons);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_main, &QPushButton::clicked, this, [this] {
        showProblem({});
        send();
    });
}

QLineEdit *CertificateDialog::addField(const QString &name)
{
    auto *field = new QLineEdit(this);
    field->setAccessibleName(name);
    m_fields->addRow(name, field);
    connect(field, &QLineEdit::textChanged, this, &CertificateDialog::refresh);
    return field;
}

void CertificateDialog::addNameField()
{
    m_name = addField(tr("Name"));
    m_name->setPlaceholderText(tr("Made from the first host"));
    m_name->setObjectName(QStringLiteral("certificateName"));
}

QString CertificateDialog::problem() const
{
    return m_problem->isHidden() ? QString() : m_problem->text();
}

void CertificateDialog::showProblem(const QString &text)
{
    m_problem->setText(text);
    m_problem->setVisible(!text.isEmpty());
    fitHeight(*this, width());
}

void CertificateDialog::setBusy(bool busy, const QString &action)
{
    m_isBusy = busy;
    m_main->setText(action);
    refresh();
}

void CertificateDialog::refresh()
{
    m_main->setEnabled(!m_isBusy && isComplete());
}

void CertificateDialog::take(const Result<api::Changed> &answer, const QString &done,
                             const QString &action)
{
    setBusy(false, action);
    if (!answer)
        return showProblem(toQString(answer.error().message()));
    if (answer->summary.empty()) // the same one again
        m_context.say(tr("The engine has it already"));
    else
        m_context.sayUndoable(done, answer->revision);
    m_context.bridge().refresh();
    Q_EMIT taken();
    accept();
}

CreateDialog::CreateDialog(WindowContext &context, const QString &localHost, QWidget *parent)
    : CertificateDialog(
        context, tr("Create a certificate"),
        localHost.isEmpty() || localHost == QLatin1String("localhost")
            ? tr("The local CA signs for localhost, names below it, and loopback addresses. Sites "
                 "with such names get one by themselves; this makes one for several names.")
            : tr("The local CA signs for localhost, %1, names below them, and loopback addresses. "
                 "Sites with such names get one by themselves; this makes one for several names.")
                  .arg(localHost),
        tr("Create"), parent),
      m_names(addField(tr("Good for")))
{
    m_names->setPlaceholderText(tr("shop.localhost, blog.localhost"));
    m_names->setObjectName(QStringLiteral("certificateNames"));
    addNameField();
    refresh();
    m_names->setFocus();
}

QStringList CreateDialog::names() const
{
    static const QRegularExpression kBetween(QStringLiteral("[\\s,;]+"));
    return m_names->text().toLower().split(kBetween, Qt::SkipEmptyParts);
}

bool CreateDialog::isComplete() const
{
    return !names().isEmpty();
}

void CreateDialog::send()
{
    api::NewLocalCertificate asked {.id = toStd(nameField()->text().trimmed())};
    for (const QString &name : names())
        asked.names.push_back(toStd(name));
    setBusy(true, tr("Creating…"));
    context().bridge().call(
        &Control::makeCertificate, std::move(asked), this, [this](Result<api::Changed> answer) {
            take(answer, tr("A certificate for %1 is made").arg(names().join(QStringLiteral(", "))),
                 tr("Create"));
        });
}

} // namespace arc
