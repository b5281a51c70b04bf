// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QLineEdit>
#include <QWidget>

#include <map>
#include <string>

class QCheckBox;
class QLabel;

namespace arc {

/// What one variable is. The value of a secret that is stored is `kMaskedSecret`: nobody has it.
struct EnvValue {
    std::string value;
    bool isSecret = false;
    bool operator==(const EnvValue &) const = default;
};
using EnvVariables = std::map<std::string, EnvValue>;

/// A line of text that tells when several lines are to be pasted into it, instead of making one of
/// them. GUI thread.
class PasteField : public QLineEdit {
    Q_OBJECT
public:
    using QLineEdit::QLineEdit;

Q_SIGNALS:
    void linesPasted(const QString &text);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
};

/// One variable: name, value, whether it is a secret, and what is wrong with it. GUI thread.
class EnvRow : public QWidget {
    Q_OBJECT
public:
    /// `isStored`: the engine has this secret. It keeps its name, and cannot become readable.
    EnvRow(const std::string &name, const EnvValue &value, bool isStored, QWidget *parent);

    QString name() const;
    EnvValue value() const;
    bool isEmpty() const; ///< neither a name nor a value
    void setValue(const EnvValue &value);
    /// Values that look like secrets although nobody ticked it are hidden unless this is set.
    void setShown(bool shown);
    bool looksSecret() const; ///< and is none
    void showProblem(const QString &sentence);
    QString problem() const { return m_problem; }

    PasteField *nameField() const { return m_name; }
    PasteField *valueField() const { return m_value; }
    QCheckBox *secretBox() const { return m_secret; }

Q_SIGNALS:
    void edited();
    void removeAsked();
    void linesPasted(const QString &text);

private:
    void makeLayout();
    void nameEdited();
    void refresh();

    PasteField *m_name;
    PasteField *m_value;
    QCheckBox *m_secret;
    QWidget *m_drop;
    QLabel *m_note;
    QString m_problem;
    const bool m_isStored;
    bool m_isMasked = false; ///< the engine has a value, which is not here
    bool m_isChosen = false; ///< somebody decided whether it is a secret
    bool m_isShown = false;
};

} // namespace arc
