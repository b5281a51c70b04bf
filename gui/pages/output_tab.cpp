// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/output_tab.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/models/log_lines.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/output_view.h"

#include <QLabel>
#include <QVBoxLayout>

namespace arc {

OutputTab::OutputTab(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_view(new OutputView(this)), m_note(new QLabel(this))
{
    m_note->setFont(smallFont());
    m_note->setProperty("secondary", true);
    m_view->showEmptyText(tr("The app wrote nothing yet"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 12, 0, 0);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_note);
    connect(&context.bridge(), &ControlBridge::snapshotChanged, this, [this] {
        if (isVisible())
            fetch();
    });
}

void OutputTab::showSite(const QString &site)
{
    m_site = site;
    m_view->showText({});
    m_view->setAccessibleName(tr("Output of %1").arg(site));
    if (isVisible())
        fetch();
}

void OutputTab::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    fetch();
}

void OutputTab::fetch()
{
    if (m_asking || m_site.isEmpty())
        return;
    m_asking = true;
    m_context.bridge().call(&Control::logTail, {.source = "site:" + toStd(m_site)}, this,
                            [this, site = m_site](Result<api::LogText> answer) {
                                m_asking = false;
                                if (site != m_site)
                                    return fetch();
                                if (!answer)
                                    return m_note->setText(toQString(answer.error().message()));
                                m_view->showText(withoutTimes(toQString(answer->text)));
                                m_note->setText(tr("The newest %1 of standard output and error")
                                                    .arg(bytesText(double(answer->text.size()))));
                            });
}

} // namespace arc
