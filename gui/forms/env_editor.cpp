// SPDX-License-Identifier: Apache-2.0
#include "gui/forms/env_editor.h"

#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/flow_layout.h"
#include "server/config/variables.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace arc {

EnvEditor::EnvEditor(QWidget *parent)
    : QWidget(parent), m_list(new QVBoxLayout), m_show(new QCheckBox(tr("Show values"), this)),
      m_add(new QPushButton(icon(QStringLiteral("plus")), tr("Add variable"), this)),
      m_note(new QLabel(this)), m_about(new QLabel(this))
{
    m_list->setSpacing(6);
    for (QLabel *label : {m_note, m_about}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_about->setProperty("secondary", true);
    m_about->setText(
        tr("The engine seals secrets and shows them to nobody again. One that is typed "
           "here waits in this window until it is applied; it is in no draft on disk."));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(m_list);
    layout->addLayout(makeFoot());
    layout->addWidget(m_note);
    layout->addWidget(m_about);
    showNote({}, false);
    refresh();
}

QLayout *EnvEditor::makeFoot()
{
    auto *paste = new QPushButton(icon(QStringLiteral("copy")), tr("Paste .env lines"), this);
    m_add->setObjectName(QStringLiteral("addVariable"));
    paste->setObjectName(QStringLiteral("pasteVariables"));
    paste->setToolTip(tr("Each line NAME=value of the clipboard becomes a variable"));
    m_show->setAccessibleName(tr("Show values that look like secrets"));
    auto *foot = new FlowLayout(FlowLayout::Widths::Natural, 12);
    foot->addWidget(m_add);
    foot->addWidget(paste);
    foot->addWidget(m_show);
    connect(m_add, &QPushButton::clicked, this, [this] {
        addRow({}, {})->nameField()->setFocus();
        edited();
    });
    connect(paste, &QPushButton::clicked, this,
            [this] { takeLines(QGuiApplication::clipboard()->text()); });
    connect(m_show, &QCheckBox::toggled, this, [this](bool shown) {
        for (EnvRow *row : m_rows)
            row->setShown(shown);
    });
    return foot;
}

EnvRow *EnvEditor::addRow(const std::string &name, const EnvValue &value)
{
    auto *row = new EnvRow(name, value, value.isSecret && m_stored.contains(name), this);
    row->setShown(m_show->isChecked());
    m_list->addWidget(row);
    m_rows.push_back(row);
    connect(row, &EnvRow::edited, this, &EnvEditor::edited);
    connect(row, &EnvRow::linesPasted, this, &EnvEditor::takeLines);
    connect(row, &EnvRow::removeAsked, this, [this, row] {
        removeRow(row);
        edited();
    });
    return row;
}

EnvRow *EnvEditor::find(const std::string &name) const
{
    const auto at = std::ranges::find(m_rows, toQString(name), &EnvRow::name);
    return at == m_rows.end() ? nullptr : *at;
}

bool EnvEditor::has(const std::string &name) const
{
    return find(name) != nullptr;
}

void EnvEditor::removeRow(EnvRow *row)
{
    std::erase(m_rows, row);
    if (row->isAncestorOf(QApplication::focusWidget()))
        m_add->setFocus();
    row->hide();
    row->deleteLater(); // its own button is being clicked
}

void EnvEditor::setVariables(const EnvVariables &variables, const std::set<std::string> &stored)
{
    const QWidget *focused = QApplication::focusWidget();
    QString focusedName;
    QWidget *(*place)(const EnvRow *) = nullptr;
    for (const EnvRow *row : m_rows) {
        if (!row->isAncestorOf(focused))
            continue;
        focusedName = row->name();
        if (focused == row->valueField())
            place = [](const EnvRow *one) -> QWidget * {
                return one->valueField();
            };
        else if (focused == row->secretBox())
            place = [](const EnvRow *one) -> QWidget * {
                return one->secretBox();
            };
        else
            place = [](const EnvRow *one) -> QWidget * {
                return one->nameField();
            };
    }
    m_stored = stored;
    while (!m_rows.empty())
        removeRow(m_rows.back());
    for (const auto &[name, value] : variables)
        addRow(name, value);
    if (EnvRow *row = place ? find(toStd(focusedName)) : nullptr)
        place(row)->setFocus();
    refresh();
}

EnvVariables EnvEditor::variables() const
{
    EnvVariables all = typed();
    all.erase(std::string());
    return all;
}

EnvVariables EnvEditor::typed() const
{
    EnvVariables all;
    for (const EnvRow *row : m_rows) {
        if (!row->isEmpty())
            all[toStd(row->name())] = row->value();
    }
    return all;
}

void EnvEditor::takeLines(const QString &text)
{
    const auto pairs = parseDotenv(toStd(text));
    if (!pairs)
        return showNote(tr("Nothing was taken over: %1").arg(toQString(pairs.error().message())),
                        true);
    if (pairs->empty())
        return showNote(tr("The clipboard holds no line such as NAME=value"), true);
    if (m_rows.size() + pairs->size() > kRowsMax)
        return showNote(tr("Nothing was taken over: more than %1 variables; arcology ctl app env "
                           "set takes a file of any length")
                            .arg(kRowsMax),
                        true);
    for (EnvRow *row : std::vector(m_rows)) {
        if (row->isEmpty())
            removeRow(row);
    }
    for (const auto &[name, value] : *pairs) {
        // What is a secret stays one: nobody shows it by setting it anew.
        EnvRow *row = find(name);
        const EnvValue taken {value, looksSecret(name, value) || (row && row->value().isSecret)};
        if (row)
            row->setValue(taken);
        else
            addRow(name, taken);
    }
    showNote(tr("%n variable(s) taken over from the clipboard", nullptr, int(pairs->size())),
             false);
    refresh();
    Q_EMIT changed();
}

void EnvEditor::showNote(const QString &text, bool isBad)
{
    m_note->setText(text);
    m_note->setVisible(!text.isEmpty());
    setMark(*m_note, "bad", isBad);
    setMark(*m_note, "secondary", !isBad);
}

QString EnvEditor::note() const
{
    return m_note->text();
}

void EnvEditor::setProblems(std::map<std::string, QString> problems)
{
    m_problems = std::move(problems);
    refresh();
}

QString EnvEditor::problemOf(const EnvRow &row) const
{
    static const QRegularExpression kName(QStringLiteral("^[A-Za-z_][A-Za-z0-9_]*$"));
    const QString name = row.name();
    if (row.isEmpty())
        return {};
    if (name.isEmpty())
        return tr("A variable needs a name");
    if (!kName.match(name).hasMatch())
        return tr("“%1” is no name for a variable: letters, digits and underscores").arg(name);
    if (find(toStd(name)) != &row)
        return tr("%1 is there twice").arg(name);
    const auto complaint = complaintOfName(toStd(name));
    return complaint.empty() ? QString() : QStringLiteral("%1: %2").arg(name, toQString(complaint));
}

QString EnvEditor::problem() const
{
    for (const EnvRow *row : m_rows) {
        if (const QString problem = problemOf(*row); !problem.isEmpty())
            return problem;
        if (row->value().isSecret && row->value().value.empty())
            return tr("%1: a secret needs a value").arg(row->name());
    }
    return {};
}

void EnvEditor::edited()
{
    showNote({}, false);
    refresh();
    Q_EMIT changed();
}

void EnvEditor::refresh()
{
    bool hasSecret = false;
    bool looksSecret = false;
    for (EnvRow *row : m_rows) {
        QString problem = problemOf(*row);
        if (const auto at = m_problems.find(toStd(row->name()));
            problem.isEmpty() && at != m_problems.end() && !row->isEmpty())
            problem = at->second;
        row->showProblem(problem);
        hasSecret |= row->value().isSecret;
        looksSecret |= row->looksSecret();
    }
    m_show->setVisible(looksSecret);
    m_about->setVisible(hasSecret);
    m_add->setEnabled(m_rows.size() < kRowsMax);
    m_add->setToolTip(m_add->isEnabled()
                          ? QString()
                          : tr("%1 are here; more by arcology ctl app env set").arg(kRowsMax));
}

} // namespace arc
