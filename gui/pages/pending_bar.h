// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>

class QPushButton;

namespace arc {

class ElidedLabel;
class Staging;

/// The line above the status line that tells what is changed and not applied, whatever page it was
/// changed on: what, why it cannot be applied, Review, Discard, Apply. Gone when nothing is staged.
/// GUI thread.
class PendingBar : public QFrame {
    Q_OBJECT
public:
    explicit PendingBar(Staging &staging, QWidget *parent = nullptr);

    QString text() const;
    QString note() const;
    QPushButton *reviewButton() const { return m_review; }
    QPushButton *discardButton() const { return m_discard; }
    QPushButton *applyButton() const { return m_apply; }

Q_SIGNALS:
    void review(); ///< or, while others' changes are in the way, what to do about them
    void discard();

private:
    void refresh();
    QString summary() const;
    QString noteText() const;

    Staging &m_staging;
    ElidedLabel *m_text;
    ElidedLabel *m_note;
    QPushButton *m_review;
    QPushButton *m_discard;
    QPushButton *m_apply;
};

/// "Changed by ana 20 s ago"; words for what is not known.
QString foreignText(const QString &author, int64_t atUnixMs);
/// "Apply (restarts shop)"
QString applyText(const Staging &staging);

} // namespace arc
