// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include <map>
#include <string>
#include <vector>

class QCheckBox;
class QLineEdit;
class QVBoxLayout;

namespace arc {

/// Environment variables as rows of name and value. Values are hidden until somebody asks, because
/// keys and passwords stand there. GUI thread.
class EnvEditor : public QWidget {
    Q_OBJECT
public:
    static constexpr int kVariablesMax = 200;

    explicit EnvEditor(QWidget *parent = nullptr);

    void setVariables(const std::map<std::string, std::string> &variables);
    std::map<std::string, std::string> variables() const;
    /// The same, with a value that has no name yet.
    std::map<std::string, std::string> typed() const;
    /// One sentence about a bad or repeated name; empty when all are good.
    QString problem() const;

Q_SIGNALS:
    void changed();

private:
    struct Row {
        QWidget *box;
        QLineEdit *name;
        QLineEdit *value;
    };

    Row &addRow(const QString &name, const QString &value);
    void removeRow(QWidget *box);

    QVBoxLayout *m_list;
    QCheckBox *m_show;
    std::vector<Row> m_rows;
};

} // namespace arc
