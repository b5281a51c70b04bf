// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/import_dialog.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/drop_zone.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/layouts.h"

#include <QClipboard>
#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QFrame>
#include <QGridLayout>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

constexpr int kFilesMax = 20; ///< of one drop or choice

ImportDialog::ImportDialog(WindowContext &context, const QString &id, QWidget *parent)
    : CertificateDialog(
        context, id.isEmpty() ? tr("Import a certificate") : tr("Import a newer %1").arg(id),
        tr("PEM files with the certificate, its chain and its private key: drop them here, choose "
           "them, or paste their text. The key is sealed in the engine's data directory and not "
           "shown again."),
        tr("Import"), parent),
      m_id(id), m_chain(new QLabel(this)), m_key(new QLabel(this)),
      m_choose(new QPushButton(icon(QStringLiteral("folder")), tr("Choose &files…"), this)),
      m_paste(new QPushButton(icon(QStringLiteral("copy")), tr("&Paste"), this)),
      m_clear(new QPushButton(icon(QStringLiteral("reset")), tr("&Start over"), this)),
      m_passphrase(nullptr)
{
    setAcceptDrops(true);
    content()->addWidget(makeParts());
    m_passphrase = addField(tr("Passphrase of the key"));
    m_passphrase->setEchoMode(QLineEdit::Password);
    m_passphrase->setObjectName(QStringLiteral("passphrase"));
    addNameField();
    nameField()->setText(id);
    nameField()->setEnabled(id.isEmpty());
    nameField()->setToolTip(id.isEmpty() ? QString() : tr("It takes the place of %1").arg(id));
    for (QLineEdit *field : {m_passphrase, nameField()})
        field->setAcceptDrops(false); // a dropped file is meant for the dialog
    for (QPushButton *button : {m_choose, m_paste, m_clear})
        button->setAutoDefault(false);
    connect(m_choose, &QPushButton::clicked, this, &ImportDialog::chooseFiles);
    connect(m_paste, &QPushButton::clicked, this, &ImportDialog::paste);
    connect(m_clear, &QPushButton::clicked, this, [this] {
        m_parts.clear();
        m_passphrase->clear();
        showProblem({});
        showParts();
    });
    showParts();
    m_choose->setFocus();
}

QWidget *ImportDialog::makeParts()
{
    auto *card = new QFrame(this);
    card->setProperty("card", true);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    const std::pair<QString, QLabel *> kRows[] = {{tr("Certificate"), m_chain},
                                                  {tr("Private key"), m_key}};
    for (const auto &[name, value] : kRows) {
        const int row = grid->rowCount();
        auto *label = new QLabel(name, card);
        label->setProperty("secondary", true);
        value->setTextFormat(Qt::PlainText);
        value->setWordWrap(true);
        grid->addWidget(label, row, 0, Qt::AlignTop);
        grid->addWidget(value, row, 1);
    }
    auto *buttons = new FlowLayout(FlowLayout::Widths::Natural, 8);
    for (QPushButton *button : {m_choose, m_paste, m_clear})
        buttons->addWidget(button);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(14, 12, 14, 12);
    column->setSpacing(12);
    column->addLayout(grid);
    column->addLayout(buttons);
    return card;
}

bool ImportDialog::asksPassphrase() const
{
    return !m_passphrase->isHidden();
}

QString ImportDialog::chainText() const
{
    return m_chain->text();
}

QString ImportDialog::keyText() const
{
    return m_key->text();
}

void ImportDialog::showParts()
{
    m_chain->setText(m_parts.certificates() == 0
                         ? tr("Not given yet")
                         : tr("%n certificate(s), from %1", nullptr, m_parts.certificates())
                               .arg(m_parts.chainOrigin()));
    m_key->setText(!m_parts.hasKey() ? tr("Not given yet")
                       : m_parts.keyHasPassphrase()
                       ? tr("From %1, locked with a passphrase").arg(m_parts.keyOrigin())
                       : tr("From %1").arg(m_parts.keyOrigin()));
    const bool asks = m_parts.keyHasPassphrase();
    m_passphrase->setVisible(asks);
    fields()->labelForField(m_passphrase)->setVisible(asks);
    m_clear->setEnabled(m_parts.certificates() > 0 || m_parts.hasKey());
    refresh();
    fitHeight(*this, width());
}

void ImportDialog::chooseFiles()
{
    auto *dialog = new QFileDialog(this, tr("Choose the certificate and its key"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters(
        {tr("Certificates and keys (*.pem *.crt *.cer *.key)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList &files) {
        for (const QString &file : files.mid(0, kFilesMax))
            addFile(file);
    });
    dialog->open();
}

void ImportDialog::addFile(const QString &file)
{
    context().bridge().readFile(file, this, [this, file](Result<std::string> text) {
        if (text)
            add(*text, QFileInfo(file).fileName());
        else
            showProblem(toQString(text.error().message()));
    });
}

void ImportDialog::paste()
{
    add(toStd(QGuiApplication::clipboard()->text()), tr("the clipboard"));
}

void ImportDialog::add(const std::string &text, const QString &origin)
{
    const QString why = m_parts.add(text, origin);
    showProblem(why.isEmpty() ? QString() : tr("%1: %2").arg(origin, why));
    showParts();
}

void ImportDialog::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasText() || !droppedOf(*event->mimeData()).paths.isEmpty())
        event->acceptProposedAction();
}

void ImportDialog::dropEvent(QDropEvent *event)
{
    event->acceptProposedAction();
    const QStringList files = droppedOf(*event->mimeData()).paths;
    for (const QString &file : files.mid(0, kFilesMax))
        addFile(file);
    if (files.isEmpty())
        add(toStd(event->mimeData()->text()), tr("what was dropped"));
}

void ImportDialog::keyPressEvent(QKeyEvent *event)
{
    // Comes here only from what has no use for it: fields paste into themselves.
    if (event->matches(QKeySequence::Paste))
        return paste();
    QDialog::keyPressEvent(event);
}

bool ImportDialog::isComplete() const
{
    return m_parts.isComplete()
        && (!m_parts.keyHasPassphrase() || (m_passphrase && !m_passphrase->text().isEmpty()));
}

void ImportDialog::send()
{
    const QString name = nameField()->text().trimmed();
    setBusy(true, tr("Importing…"));
    context().bridge().call(
        &Control::importCertificate,
        {.id = toStd(name),
         .chain = m_parts.chain(),
         .key = m_parts.key(),
         .passphrase = asksPassphrase() ? toStd(m_passphrase->text()) : std::string()},
        this, [this, name](Result<api::Changed> answer) {
            take(answer,
                 name.isEmpty() ? tr("The certificate is imported")
                                : tr("%1 is imported").arg(name),
                 tr("Import"));
        });
}

} // namespace arc
