// SPDX-License-Identifier: Apache-2.0
#include "gui/forms/env_editor.h"

#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/flow_layout.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

EnvEditor::EnvEditor(QWidget *parent)
    : QWidget(parent), m_list(new QVBoxLayout), m_show(new QCheckBox(tr("Show values"), this))
{
    auto *add = new QPushButton(icon(QStringLiteral("plus")), tr("Add variable"), this);
    add->setObjectName(QStringLiteral("addVariable"));
    m_show->setAccessibleName(tr("Show the values of variables"));
    auto *foot = new FlowLayout(FlowLayout::Widths::Natural, 12);
    foot->addWidget(add);
    foot->addWidget(m_show);
    m_list->setSpacing(6);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(m_list);
    layout->addLayout(foot);
    m_show->hide();
    connect(add, &QPushButton::clicked, this, [this] {
        if (m_rows.size() >= kVariablesMax)
            return;
        addRow({}, {}).name->setFocus();
        Q_EMIT changed();
    });
    connect(m_show, &QCheckBox::toggled, this, [this](bool shown) {
        for (const Row &row : m_rows)
            row.value->setEchoMode(shown ? QLineEdit::Normal : QLineEdit::Password);
    });
}

EnvEditor::Row &EnvEditor::addRow(const QString &name, const QString &value)
{
    auto *box = new QWidget(this);
    Row row {box, new QLineEdit(name, box), new QLineEdit(value, box)};
    auto *drop = new QPushButton(icon(QStringLiteral("close"), Tint::Secondary, IconPlace::Alone),
                                 QString(), box);
    drop->setProperty("flat", true);
    drop->setFixedSize(scaled(28), scaled(28));
    drop->setAccessibleName(tr("Remove variable %1").arg(name));
    drop->setToolTip(tr("Remove this variable"));
    row.name->setAccessibleName(tr("Variable name"));
    row.name->setPlaceholderText(tr("NAME"));
    row.value->setAccessibleName(tr("Value of %1").arg(name));
    row.value->setPlaceholderText(tr("value"));
    row.value->setEchoMode(m_show->isChecked() || value.isEmpty() ? QLineEdit::Normal
                                                                  : QLineEdit::Password);
    row.name->setFont(monoFont());
    row.value->setFont(monoFont());
    auto *line = new QHBoxLayout(box);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(6);
    line->addWidget(row.name, 2);
    line->addWidget(row.value, 3);
    line->addWidget(drop);
    m_list->addWidget(box);
    connect(row.name, &QLineEdit::textEdited, this, &EnvEditor::changed);
    connect(row.value, &QLineEdit::textEdited, this, &EnvEditor::changed);
    connect(drop, &QPushButton::clicked, this, [this, box] {
        removeRow(box);
        Q_EMIT changed();
    });
    m_show->show();
    m_rows.push_back(row);
    return m_rows.back();
}

void EnvEditor::removeRow(QWidget *box)
{
    std::erase_if(m_rows, [box](const Row &row) { return row.box == box; });
    box->deleteLater(); // its own button is being clicked
    box->hide();
    m_show->setVisible(!m_rows.empty());
}

void EnvEditor::setVariables(const std::map<std::string, std::string> &variables)
{
    while (!m_rows.empty())
        removeRow(m_rows.back().box);
    for (const auto &[name, value] : variables)
        addRow(toQString(name), toQString(value));
}

std::map<std::string, std::string> EnvEditor::variables() const
{
    std::map<std::string, std::string> variables;
    for (const Row &row : m_rows) {
        if (!row.name->text().trimmed().isEmpty())
            variables[toStd(row.name->text().trimmed())] = toStd(row.value->text());
    }
    return variables;
}

std::map<std::string, std::string> EnvEditor::typed() const
{
    std::map<std::string, std::string> all = variables();
    for (const Row &row : m_rows) {
        if (row.name->text().trimmed().isEmpty() && !row.value->text().isEmpty())
            all[std::string()] = toStd(row.value->text());
    }
    return all;
}

QString EnvEditor::problem() const
{
    static const QRegularExpression kName(QStringLiteral("^[A-Za-z_][A-Za-z0-9_]*$"));
    QStringList seen;
    for (const Row &row : m_rows) {
        const QString name = row.name->text().trimmed();
        if (name.isEmpty() && row.value->text().isEmpty())
            continue;
        if (!kName.match(name).hasMatch())
            return tr("“%1” is no name for a variable: letters, digits and underscores").arg(name);
        if (seen.contains(name))
            return tr("%1 is there twice").arg(name);
        seen << name;
    }
    return {};
}

} // namespace arc
