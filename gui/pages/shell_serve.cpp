// SPDX-License-Identifier: Apache-2.0
// How folders come in: dropped on the window, chosen in a dialog, or named from outside.
#include "gui/pages/shell.h"

#include "gui/bridge/control_bridge.h"
#include "gui/pages/serve_sheet.h"
#include "gui/widgets/drop_zone.h"

#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMimeData>

namespace arc {

void Shell::chooseFolder()
{
    auto *dialog = new QFileDialog(this, tr("Choose the folder of a project"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    dialog->setLabelText(QFileDialog::Accept, tr("Open"));
    connect(dialog, &QFileDialog::fileSelected, this, &Shell::serveFolder);
    dialog->open();
}

void Shell::serveFolder(const QString &folder)
{
    if (folder.isEmpty() || m_queue.size() >= kQueuedFoldersMax)
        return;
    m_bridge.inspect(folder, this, [this, folder](const PathFacts &facts) {
        if (!facts.exists)
            return say(tr("%1 does not exist or cannot be read; choose the folder of a project")
                           .arg(folder));
        m_queue << Queued {facts.folder,
                           facts.isFolder ? QString()
                                          : tr("You dropped the file %1; this is its folder.")
                                                .arg(QFileInfo(folder).fileName())};
        openNextSheet();
    });
}

ServeSheet *Shell::sheet() const
{
    return m_sheet;
}

void Shell::openNextSheet()
{
    if (m_sheet || m_queue.isEmpty())
        return;
    const Queued next = m_queue.takeFirst();
    m_sheet = new ServeSheet(*this, next.folder, next.note, this);
    connect(m_sheet, &QObject::destroyed, this, [this] {
        m_sheet.clear();
        openNextSheet();
    });
    raiseWindow();
    m_sheet->open();
}

void Shell::dragEnterEvent(QDragEnterEvent *event)
{
    if (!event->mimeData()->hasUrls())
        return; // text is nothing that can be served
    const Dropped dropped = droppedOf(*event->mimeData());
    if (dropped.paths.isEmpty())
        m_overlay->show(tr("Only folders of this computer can be served"));
    else if (dropped.paths.size() == 1)
        m_overlay->show(tr("Serve “%1”").arg(QFileInfo(dropped.paths.first()).fileName()));
    else
        m_overlay->show(
            tr("Serve %n folders, one after the other", nullptr, int(dropped.paths.size())));
    event->acceptProposedAction();
}

void Shell::dragLeaveEvent(QDragLeaveEvent *)
{
    m_overlay->hide();
}

void Shell::dropEvent(QDropEvent *event)
{
    m_overlay->hide();
    const Dropped dropped = droppedOf(*event->mimeData());
    event->acceptProposedAction();
    if (!dropped.elsewhere.isEmpty())
        say(tr("%1 is an address. Arcology serves folders of this computer.")
                .arg(dropped.elsewhere.first()));
    for (const QString &path : dropped.paths)
        serveFolder(path);
}

} // namespace arc
