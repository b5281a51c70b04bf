// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/certificate_dialogs.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/widgets/layouts.h"

#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

namespace arc {

CertificateDialog::CertificateDialog(WindowContext &context, const QString &title,
                                     const QString &text, const QString &action, QWidget *parent)
    : TitledDialog(title, text, parent), m_context(context), m_content(new QVBoxLayout),
      m_fields(new QFormLayout), m_problem(plainLabel({}, this))
{
    m_problem->setProperty("bad", true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->hide();
    m_content->setSpacing(8);
    m_fields->setSpacing(8);
    column()->addLayout(m_content);
    column()->addLayout(m_fields);
    column()->addWidget(m_problem);
    column()->addStretch(); // spare room goes here, not between the lines
    addStretch();
    addCancel();
    m_main = addButton(action, "confirm");
    m_main->setProperty("primary", true);
    m_main->setDefault(true);
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
