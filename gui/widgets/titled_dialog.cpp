// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/titled_dialog.h"

#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

constexpr int kTitledWidth = 460; // of letters of 10 pt, like every length
constexpr int kBesideEdge = 20;
constexpr int kBetweenParts = 12;

QLabel *plainLabel(const QString &text, QWidget *parent)
{
    auto *label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    return label;
}

TitledDialog::TitledDialog(const QString &title, const QString &text, QWidget *parent)
    : QDialog(parent), m_heading(plainLabel(title, this)), m_body(plainLabel(text, this)),
      m_column(new QVBoxLayout), m_buttons(new QHBoxLayout)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    setAccessibleName(title);
    setMinimumWidth(scaled(kTitledWidth));
    m_heading->setFont(titleFont());
    m_body->setProperty("secondary", true);
    m_column->setSpacing(kBetweenParts);
    m_buttons->setSpacing(8);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(kBesideEdge, 18, kBesideEdge, 16);
    layout->setSpacing(kBetweenParts);
    layout->addWidget(m_heading);
    layout->addWidget(m_body);
    layout->addLayout(m_column, 1);
    layout->addLayout(m_buttons);
    setBody(text);
}

void TitledDialog::setBody(const QString &text)
{
    m_body->setText(text);
    m_body->setVisible(!text.isEmpty());
    setAccessibleDescription(text);
}

QPushButton *TitledDialog::addButton(const QString &text, const char *objectName)
{
    auto *button = new QPushButton(text, this);
    button->setObjectName(QLatin1String(objectName));
    button->setAutoDefault(false);
    m_buttons->addWidget(button);
    return button;
}

QPushButton *TitledDialog::addCancel()
{
    QPushButton *cancel = addButton(tr("Cancel"), "cancel");
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    return cancel;
}

void TitledDialog::addStretch()
{
    m_buttons->addStretch();
}

void TitledDialog::makeDefault(QPushButton *button)
{
    button->setDefault(true);
    button->setFocus();
}

} // namespace arc
