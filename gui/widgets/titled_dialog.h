// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDialog>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace arc {

/// What the dialogs of the window have in common: a title that is also read inside, a sentence or
/// more about it, what the dialog adds, and a row of buttons. It deletes itself when closed, and is
/// at least `kTitledWidth` wide. GUI thread.
class TitledDialog : public QDialog {
    Q_OBJECT
public:
    /// Texts are shown as they are, without markup; an empty `text` takes no room.
    TitledDialog(const QString &title, const QString &text, QWidget *parent);

    QVBoxLayout *column() const { return m_column; } ///< between the texts and the buttons
    QHBoxLayout *buttons() const { return m_buttons; }

    QLabel *heading() const { return m_heading; }
    QLabel *body() const { return m_body; }
    /// Changes the sentence, for the eye and for a screen reader.
    void setBody(const QString &text);

    /// At the end of the row. Only the default button answers Return.
    QPushButton *addButton(const QString &text, const char *objectName);
    /// Escape does the same.
    QPushButton *addCancel();
    void addStretch();
    void makeDefault(QPushButton *button);

private:
    QLabel *m_heading;
    QLabel *m_body;
    QVBoxLayout *m_column;
    QHBoxLayout *m_buttons;
};

/// A text that wraps, without markup: what another program or a person wrote. GUI thread.
QLabel *plainLabel(const QString &text, QWidget *parent);

} // namespace arc
