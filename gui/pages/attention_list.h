// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>

class QLabel;
class QVBoxLayout;

namespace arc {

class ControlBridge;

/// Something that needs a person: what, about which site ("" : the engine), and how bad.
struct Attention {
    QString site;
    QString text;
    bool bad = false;

    bool operator==(const Attention &) const = default;
};
/// Gathered from states, causes, pool warnings, listeners and the engine's warnings; the worst
/// first.
QList<Attention> attentionOf(const ControlBridge &bridge);

/// The card "Needs attention" of the Overview. GUI thread.
class AttentionList : public QFrame {
    Q_OBJECT
public:
    static constexpr int kShownMax = 6;

    explicit AttentionList(ControlBridge &bridge, QWidget *parent = nullptr);

    const QList<Attention> &items() const { return m_items; }

Q_SIGNALS:
    void siteChosen(const QString &site);

private:
    void refresh();
    void rebuild();

    ControlBridge &m_bridge;
    QLabel *m_title;
    QVBoxLayout *m_list;
    QList<Attention> m_items;
};

} // namespace arc
