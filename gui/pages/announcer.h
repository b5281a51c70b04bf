// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QObject>

#include <map>
#include <string>

class QWidget;

namespace arc {

class ControlBridge;

/// Tells screen readers when a site goes down, comes up or is done starting: never figures, and at
/// most one sentence in kApartMs. GUI thread, no timer.
class Announcer : public QObject {
    Q_OBJECT
public:
    static constexpr int kApartMs = 5000;

    /// `voice` is the widget whose alert is read; its accessible name becomes the sentence.
    Announcer(ControlBridge &bridge, QWidget *voice, QObject *parent = nullptr);

    const QString &lastSentence() const { return m_sentence; }

Q_SIGNALS:
    void said(const QString &sentence);

private:
    void listen();
    void say(const QString &sentence);

    ControlBridge &m_bridge;
    QWidget *m_voice;
    std::map<std::string, std::string> m_states; ///< as they were told
    bool m_begun = false;
    QElapsedTimer m_sinceLast;
    QString m_sentence;
};

} // namespace arc
