// SPDX-License-Identifier: Apache-2.0
// A window from which one folder can be dragged, as from a file manager: drag_source FOLDER X Y.
#include <QApplication>
#include <QDrag>
#include <QLabel>
#include <QMimeData>
#include <QMouseEvent>
#include <QUrl>

namespace {

class Source : public QLabel {
public:
    explicit Source(QString folder) : QLabel("drag me"), m_folder(std::move(folder)) { }

protected:
    void mouseMoveEvent(QMouseEvent *event) override
    {
        if (!(event->buttons() & Qt::LeftButton))
            return;
        auto *mime = new QMimeData;
        mime->setUrls({QUrl::fromLocalFile(m_folder)});
        auto *drag = new QDrag(this);
        drag->setMimeData(mime);
        drag->exec(Qt::CopyAction | Qt::LinkAction, Qt::CopyAction);
    }

private:
    const QString m_folder;
};

} // namespace

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    const QStringList arguments = app.arguments();
    if (arguments.size() != 4)
        return 2;
    Source source(arguments[1]);
    source.setWindowFlags(Qt::FramelessWindowHint | Qt::WindowStaysOnTopHint);
    source.setAlignment(Qt::AlignCenter);
    source.setGeometry(arguments[2].toInt(), arguments[3].toInt(), 120, 60);
    source.setWindowTitle("drag_source");
    source.show();
    return app.exec();
}
