// SPDX-License-Identifier: Apache-2.0
#include "gui/forms/env_row.h"

#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "server/config/variables.h"

#include <QCheckBox>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>

#include <memory>

namespace arc {

static QString pastedLines()
{
    const QString text = QGuiApplication::clipboard()->text();
    return text.trimmed().contains(QLatin1Char('\n')) ? text : QString();
}

void PasteField::keyPressEvent(QKeyEvent *event)
{
    const QString lines = event->matches(QKeySequence::Paste) ? pastedLines() : QString();
    if (lines.isEmpty())
        return QLineEdit::keyPressEvent(event);
    event->accept();
    Q_EMIT linesPasted(lines);
}

void PasteField::contextMenuEvent(QContextMenuEvent *event)
{
    QMenu *menu = createStandardContextMenu();
    menu->setAttribute(Qt::WA_DeleteOnClose);
    if (const QString lines = pastedLines(); !lines.isEmpty()) {
        auto *paste = new QAction(tr("Paste lines as &variables"), menu);
        connect(paste, &QAction::triggered, this, [this, lines] { Q_EMIT linesPasted(lines); });
        menu->insertAction(menu->actions().value(0), paste);
    }
    menu->popup(event->globalPos());
}

EnvRow::EnvRow(const std::string &name, const EnvValue &value, bool isStored, QWidget *parent)
    : QWidget(parent), m_name(new PasteField(toQString(name), this)), m_value(new PasteField(this)),
      m_secret(new QCheckBox(tr("Secret"), this)), m_note(new QLabel(this)), m_isStored(isStored),
      m_isChosen(!name.empty())
{
    m_name->setAccessibleName(tr("Variable name"));
    m_name->setPlaceholderText(tr("NAME"));
    m_name->setReadOnly(isStored);
    m_name->setFont(monoFont());
    m_value->setFont(monoFont());
    m_value->setMaxLength(int(kVariableBytesMax));
    m_secret->setEnabled(!isStored);
    m_secret->setToolTip(isStored
                             ? tr("A secret never becomes readable. Remove it, then add a variable")
                             : tr("Sealed by the engine, and shown to nobody again"));
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    makeLayout();
    setValue(value);
    connect(m_name, &QLineEdit::textEdited, this, &EnvRow::nameEdited);
    connect(m_value, &QLineEdit::textEdited, this, [this] {
        refresh();
        Q_EMIT edited();
    });
    connect(m_secret, &QCheckBox::clicked, this, [this] {
        m_isChosen = true;
        refresh();
        Q_EMIT edited();
    });
    for (PasteField *field : {m_name, m_value})
        connect(field, &PasteField::linesPasted, this, &EnvRow::linesPasted);
}

void EnvRow::makeLayout()
{
    auto *drop = new QPushButton(icon(QStringLiteral("close"), Tint::Secondary, IconPlace::Alone),
                                 QString(), this);
    drop->setProperty("flat", true);
    drop->setFixedSize(scaled(28), scaled(28));
    drop->setToolTip(tr("Remove this variable"));
    connect(drop, &QPushButton::clicked, this, &EnvRow::removeAsked);
    m_drop = drop;
    auto *line = new QHBoxLayout;
    line->setSpacing(6);
    line->addWidget(m_name, 2);
    line->addWidget(m_value, 3);
    line->addWidget(m_secret);
    line->addWidget(drop);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addLayout(line);
    column->addWidget(m_note);
}

QString EnvRow::name() const
{
    return m_name->text().trimmed();
}

EnvValue EnvRow::value() const
{
    const bool isUntouched = m_isMasked && m_value->text().isEmpty();
    return {isUntouched ? std::string(kMaskedSecret) : toStd(m_value->text()),
            m_secret->isChecked()};
}

bool EnvRow::isEmpty() const
{
    return name().isEmpty() && m_value->text().isEmpty();
}

void EnvRow::setValue(const EnvValue &value)
{
    m_isMasked = m_isStored || (value.isSecret && value.value == kMaskedSecret);
    m_secret->setChecked(value.isSecret);
    m_value->setText(value.value == kMaskedSecret ? QString() : toQString(value.value));
    refresh();
}

void EnvRow::setShown(bool shown)
{
    m_isShown = shown;
    refresh();
}

bool EnvRow::looksSecret() const
{
    return !m_secret->isChecked() && arc::looksSecret(toStd(name()), toStd(m_value->text()));
}

/// A name such as SECRET_KEY says what it is, unless somebody has said otherwise.
void EnvRow::nameEdited()
{
    if (!m_isChosen)
        m_secret->setChecked(arc::looksSecret(toStd(name()), {}));
    refresh();
    Q_EMIT edited();
}

void EnvRow::showProblem(const QString &sentence)
{
    m_problem = sentence;
    refresh();
}

void EnvRow::refresh()
{
    const bool isSecret = m_secret->isChecked();
    // What is being typed stays readable: it would vanish from under the fingers.
    const bool hides = isSecret || (looksSecret() && !m_isShown && !m_value->hasFocus());
    m_value->setEchoMode(hides ? QLineEdit::Password : QLineEdit::Normal);
    m_value->setPlaceholderText(m_isMasked ? tr("•••••••• type to replace") : tr("value"));
    m_value->setAccessibleName(isSecret ? tr("Secret value of %1").arg(name())
                                        : tr("Value of %1").arg(name()));
    m_value->setAccessibleDescription(
        m_isMasked ? tr("It is stored and shown to nobody. What is typed replaces it") : QString());
    m_secret->setAccessibleName(tr("%1 is a secret").arg(name()));
    m_drop->setAccessibleName(tr("Remove variable %1").arg(name()));
    QString note = m_problem;
    if (note.isEmpty() && looksSecret())
        note = tr("Looks like a secret, and everybody who administers can read it. Tick Secret to "
                  "seal it.");
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
    setMark(*m_note, "bad", !m_problem.isEmpty());
    setMark(*m_note, "caution", m_problem.isEmpty());
    setMark(*m_name, "invalid", !m_problem.isEmpty());
}

} // namespace arc
