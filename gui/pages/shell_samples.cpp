// SPDX-License-Identifier: Apache-2.0
// Part of Shell: the samples that come with the program.
#include "gui/pages/shell.h"
#include "gui/widgets/sample_cards.h"

#include <QDialog>
#include <QDir>
#include <QFileInfo>
#include <QVBoxLayout>

namespace arc {

void Shell::serveSample(const QString &name)
{
    serveFolder(QFileInfo(m_options.sampleFolder).dir().filePath(name));
}

void Shell::chooseSample()
{
    auto *dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(QStringLiteral("samples"));
    dialog->setWindowTitle(tr("Try a sample"));
    auto *cards = new SampleCards(dialog);
    auto *layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(18, 18, 18, 18);
    layout->addWidget(cards);
    connect(cards, &SampleCards::chosen, this, [this, dialog](const QString &name) {
        dialog->close();
        serveSample(name);
    });
    dialog->open();
}

} // namespace arc
