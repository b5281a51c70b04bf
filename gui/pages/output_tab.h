// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QLabel;

namespace arc {

class OutputView;
class WindowContext;

/// What an app writes, followed once a second while it is looked at. GUI thread.
class OutputTab : public QWidget {
    Q_OBJECT
public:
    explicit OutputTab(WindowContext &context, QWidget *parent = nullptr);

    void showSite(const QString &site);
    OutputView *view() const { return m_view; }

protected:
    void showEvent(QShowEvent *event) override;

private:
    void fetch();

    WindowContext &m_context;
    QString m_site;
    bool m_asking = false;
    OutputView *m_view;
    QLabel *m_note;
};

} // namespace arc
