// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/certificates_model.h"

#include <QFrame>

#include <optional>

class QLabel;
class QPushButton;

namespace arc {

class CertificateActions;
class ElidedLabel;
class FactGrid;
class StatePill;
class WindowContext;

/// One certificate whole: what it is good for and until when, where it is shown, its chain, and
/// what can be done with it. GUI thread.
class CertificateDetail : public QFrame {
    Q_OBJECT
public:
    CertificateDetail(WindowContext &context, CertificateActions &actions,
                      QWidget *parent = nullptr);

    void show(const CertificateRow &row);
    void refresh(); ///< whether the engine is there

    QPushButton *renewButton() const { return m_renew; }
    QPushButton *removeButton() const { return m_remove; }
    QStringList facts() const; ///< "Issuer Example CA"

private:
    void addFact(const QString &name, const QString &value);
    void addFingerprint(const QString &name, const std::string &hex);
    void addFacts(const CertificateRow &row);
    void addChain(const api::CertificateView &view);

    WindowContext &m_context;
    CertificateActions &m_actions;
    std::optional<CertificateRow> m_row;
    ElidedLabel *m_name;
    StatePill *m_pill;
    QLabel *m_fault;
    QPushButton *m_renew;
    QPushButton *m_remove;
    FactGrid *m_facts;
};

} // namespace arc
