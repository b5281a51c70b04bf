// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/certificate_detail.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/certificate_actions.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/fact_grid.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/state_pill.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

constexpr int kHeadGap = 10;

CertificateDetail::CertificateDetail(WindowContext &context, CertificateActions &actions,
                                     QWidget *parent)
    : QFrame(parent), m_context(context), m_actions(actions), m_name(new ElidedLabel(this)),
      m_pill(new StatePill(this)), m_fault(new QLabel(this)), m_renew(new QPushButton(this)),
      m_remove(new QPushButton(icon(QStringLiteral("trash"), Tint::Error), tr("Remove"), this)),
      m_facts(new FactGrid)
{
    setProperty("card", true);
    m_name->setFont(titleFont());
    m_fault->setProperty("bad", true);
    m_fault->setTextFormat(Qt::PlainText);
    m_fault->setWordWrap(true);
    auto *what = new QHBoxLayout;
    what->addWidget(m_name);
    what->addWidget(m_pill);
    auto *deeds = new QHBoxLayout;
    deeds->addWidget(m_renew);
    deeds->addWidget(m_remove);
    auto *head = new FlowLayout(FlowLayout::Widths::Natural, kHeadGap);
    head->setTailAtEnd(true);
    head->addRow(what, kHeadGap, this);
    head->addRow(deeds, kHeadGap, this);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(16, 12, 16, 14);
    column->setSpacing(10);
    column->addLayout(head);
    column->addWidget(m_fault);
    column->addLayout(m_facts);
    connect(m_renew, &QPushButton::clicked, this, [this] {
        const QString id = toQString(m_row->view.id);
        if (m_row->view.source == "local")
            m_actions.renew(id);
        else
            m_actions.importNewer(id);
    });
    connect(m_remove, &QPushButton::clicked, this,
            [this] { m_actions.remove(toQString(m_row->view.id)); });
}

void CertificateDetail::show(const CertificateRow &row)
{
    if (m_row && *m_row == row)
        return refresh(); // rebuilding would take a selection or the focus away
    m_row = row;
    const QString id = toQString(row.view.id);
    const QString state = certificateState(row);
    m_name->setFullText(id);
    const bool isTold = state != QLatin1String("broken") && row.view.notAfterUnix != 0;
    m_pill->show(state,
                 !isTold                                 ? QString()
                     : state == QLatin1String("expired") ? certificateEnd(row)
                                                         : tr("ends %1").arg(certificateEnd(row)));
    m_fault->setText(toQString(row.view.fault));
    m_fault->setVisible(!row.view.fault.empty());
    const bool isLocal = row.view.source == "local";
    m_renew->setIcon(icon(isLocal ? QStringLiteral("restart") : QStringLiteral("plus")));
    m_renew->setText(isLocal ? tr("Renew") : tr("Import newer…"));
    m_renew->setAccessibleName(isLocal ? tr("Renew %1").arg(id) : tr("Import a newer %1").arg(id));
    m_remove->setAccessibleName(tr("Remove %1").arg(id));
    m_remove->setVisible(row.view.isConfigured);
    m_facts->clear();
    addFacts(row);
    addChain(row.view);
    refresh();
}

void CertificateDetail::addFact(const QString &name, const QString &value)
{
    m_facts->add(name, value);
}

void CertificateDetail::addFingerprint(const QString &name, const std::string &hex)
{
    const QString value = fingerprintText(hex);
    if (value.isEmpty())
        return;
    connect(m_facts->addCode(name, value), &QPushButton::clicked, this, [this, value] {
        QGuiApplication::clipboard()->setText(value);
        m_context.say(tr("Copied"));
    });
}

void CertificateDetail::addFacts(const CertificateRow &row)
{
    const api::CertificateView &view = row.view;
    addFact(tr("Good for"), joined(view.names));
    addFact(tr("Issuer"), toQString(view.issuer));
    if (view.notAfterUnix > 0) {
        addFact(tr("Valid from"), dateTimeText(view.notBeforeUnix * 1000));
        addFact(tr("Valid until"),
                tr("%1 (%2)").arg(dateTimeText(view.notAfterUnix * 1000), certificateEnd(row)));
    }
    addFact(tr("Key"), toQString(view.keyType));
    addFact(tr("Source"),
            view.source == "local" ? view.isConfigured
                    ? tr("Local CA; renewed by itself 30 days before it ends")
                    : tr("Local CA, made by itself for a site or listener; renewed "
                         "30 days before it ends")
                                   : tr("Imported; import a newer one before it ends"));
    const bool isUsed = !view.usedBy.empty() || !view.listeners.empty();
    addFact(tr("Used by"), isUsed ? certificateUsers(view) : tr("Nothing now"));
    addFingerprint(tr("Fingerprint"), view.fingerprint);
}

/// What stands behind the certificate itself, in the order it is sent; all of it when the first one
/// is no certificate that a server can show.
void CertificateDetail::addChain(const api::CertificateView &view)
{
    const size_t first = view.fingerprint.empty() ? 0 : 1;
    for (size_t i = first; i < view.chain.size(); ++i) {
        const api::ChainLink &link = view.chain[i];
        addFact(i == 1 && first == 1 ? tr("Signed by") : tr("Chain"),
                tr("%1, until %2")
                    .arg(toQString(link.subject), dateTimeText(link.notAfterUnix * 1000)));
        addFingerprint(tr("Its fingerprint"), link.fingerprint);
    }
    if (!view.chain.empty() && view.chain.back().issuer != view.chain.back().subject)
        addFact(
            tr("Root"),
            tr("%1 (not sent: clients must trust it)").arg(toQString(view.chain.back().issuer)));
}

void CertificateDetail::refresh()
{
    if (!m_row)
        return;
    const bool live = m_context.bridge().link() == Link::Live;
    const QString id = toQString(m_row->view.id);
    const QString why = live ? QString() : tr("The engine is not reachable");
    const bool isUsed = !m_row->view.usedBy.empty();
    m_renew->setEnabled(live);
    m_renew->setToolTip(!live ? why
                            : m_row->view.source == "local"
                            ? tr("Sign a new certificate with a new key now")
                            : tr("Put a newer certificate in the place of %1").arg(id));
    m_remove->setEnabled(live && !isUsed);
    m_remove->setToolTip(!live         ? why
                             : !isUsed ? tr("Remove %1; it can be undone").arg(id)
                                       : tr("Used by %1: import another for the same names, or "
                                            "stop what uses it")
                                             .arg(joined(m_row->view.usedBy)));
}

QStringList CertificateDetail::facts() const
{
    return factsOf(*this);
}

} // namespace arc
