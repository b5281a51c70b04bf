// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDialog>

#include <functional>
#include <vector>

class QLabel;
class QLineEdit;
class QListWidget;

namespace arc {

/// One line of the palette: what it is, how else it is found, and what choosing it does.
struct PaletteItem {
    QString text;
    QString note {}; ///< what kind of thing: "Setting · http.idle_timeout_s"
    QString icon {};
    QString shortcut {};
    QString words {};  ///< searched as well, not shown
    QString whyNot {}; ///< why it cannot be chosen now; empty: it can
    int rank = 0;      ///< among equal matches the smaller comes first
    std::function<void()> run {};
};

/// Ctrl+K: type a few letters, choose with the arrows, Return. Everything the window can do and
/// show is one list. Closes when it loses the focus. GUI thread.
class CommandPalette : public QDialog {
    Q_OBJECT
public:
    static constexpr int kShownMax = 60;

    CommandPalette(std::vector<PaletteItem> items, QWidget *parent);

    QLineEdit *field() const { return m_field; }
    QListWidget *list() const { return m_list; }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void search(const QString &query);
    void choose();
    void move(int rows);

    std::vector<PaletteItem> m_items;
    QLineEdit *m_field;
    QListWidget *m_list;
    QLabel *m_nothing;
};

} // namespace arc
