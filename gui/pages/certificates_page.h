// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/certificates_model.h"
#include "server/base/error.h"

#include <QWidget>

#include <string>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace arc {

class CertificateActions;
class CertificateDetail;
class DropOverlay;
class EmptyState;
class LocalCaCard;
class SafeTable;
class WindowContext;

/// The certificates of HTTPS: the list, the chosen one whole, and the local CA. Asks the engine
/// when it is shown, after changes and once a minute, and not while it cannot be seen. GUI thread.
class CertificatesPage : public QWidget {
    Q_OBJECT
public:
    static constexpr int kRefreshMs = 60'000;

    CertificatesPage(WindowContext &context, CertificateActions &actions,
                     QWidget *parent = nullptr);

    SafeTable *table() const { return m_table; }
    CertificatesModel &model() { return m_model; }
    CertificateDetail *detail() const { return m_detail; }
    LocalCaCard *localCa() const { return m_localCa; }
    QLineEdit *filterField() const { return m_filter; }
    QPushButton *importButton() const { return m_import; }
    QPushButton *createButton() const { return m_create; }
    QPushButton *renewButton() const { return m_renew; }
    QString note() const; ///< why what is shown may be old; empty: it is not
    bool showsTable() const;
    void select(const QString &id); ///< and shows it: a filter that hides it is cleared

protected:
    void showEvent(QShowEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    QWidget *makeContent();
    QLayout *makeBar();
    void fetch();
    void fetchWhenDue();
    void take(Result<api::CertificateViews> answer);
    void refresh();
    void showEmpty();
    void showChosen();

    WindowContext &m_context;
    CertificateActions &m_actions;
    CertificatesModel m_model;
    bool m_isKnown = false;
    QString m_problem;
    int64_t m_fetchedUnixMs = 0; ///< by the engine's clock
    std::string m_chosen;
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    QWidget *m_scroll = nullptr;
    QLabel *m_note;
    QLabel *m_none; ///< that the filter lets none through
    QLineEdit *m_filter;
    QPushButton *m_import;
    QPushButton *m_create;
    QPushButton *m_renew;
    SafeTable *m_table;
    CertificateDetail *m_detail;
    LocalCaCard *m_localCa;
    DropOverlay *m_overlay;
};

} // namespace arc
