// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFont>
#include <QStringList>
#include <QTranslator>

class QImage;
class QWidget;

namespace arc::test {

// What can be said about a drawn window without a picture to compare it with. Such pictures would
// hold for one build of the font and of Qt; these sentences hold for every one. Each answer is a
// list of findings, empty when there is nothing to mend. GUI thread, the window is shown.

/// Texts and controls that have less room than they need and no tooltip that says the whole, what
/// lies outside its parent, and forms that must be scrolled sideways to be read.
QStringList clippedIn(const QWidget &root);
/// Neighbours of one layout that cover each other.
QStringList overlappingIn(const QWidget &root);
/// Texts whose darkest and lightest pixels in `picture`, which is a grab of `root`, differ by less
/// than 4.5 : 1 (WCAG 2.1, 1.4.3). What cannot be used now may be fainter.
QStringList faintIn(const QWidget &root, const QImage &picture);
/// Tooltips that say again what can be read where they come: of controls, of the rows of lists and
/// tables, and of the items of `root`'s menu bar, which are opened for it.
QStringList repeatingTipsIn(QWidget &root);
/// Clipped, overlapping and faint.
QStringList flawsIn(QWidget &root);

/// Letters of the desktop as large as somebody needs them, for as long as this lives. Windows take
/// over the size when they are made.
class Letters {
public:
    explicit Letters(double factor);
    ~Letters();
    Letters(const Letters &) = delete;
    Letters &operator=(const Letters &) = delete;

private:
    QFont m_before;
};

/// Every text is two fifths longer, as another language may have it, for as long as this lives.
class LongTexts : public QTranslator {
public:
    LongTexts();
    ~LongTexts() override;
    bool isEmpty() const override { return false; }
    QString translate(const char *context, const char *text, const char *note,
                      int count) const override;
};

} // namespace arc::test
