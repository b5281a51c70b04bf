// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/diff_text.h"

#include <QScrollArea>

#include <vector>

namespace arc {

class ControlBridge;

/// What differs between two revisions: a heading for each object, a line for each value. GUI
/// thread.
class DiffList : public QScrollArea {
    Q_OBJECT
public:
    static constexpr int kLinesMax = 400; ///< the rest is counted

    explicit DiffList(QWidget *parent = nullptr);

    /// Asks the engine; what is shown stays until the answer comes.
    void load(ControlBridge &bridge, uint64_t from, uint64_t to);
    void show(const std::vector<DiffObject> &objects);
    void say(const QString &sentence);
    /// All that is shown, one line each: what a screen reader gets and a test reads.
    QString text() const { return m_text; }

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    bool isNarrow() const;

    uint64_t m_serial = 0;
    std::vector<DiffObject> m_objects;
    bool m_narrow = false; ///< as it was laid out
    QString m_text;
};

} // namespace arc
