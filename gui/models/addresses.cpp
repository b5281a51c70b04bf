// SPDX-License-Identifier: Apache-2.0
#include "gui/models/addresses.h"

#include "gui/models/format.h"

#include <QUrl>

namespace arc {

static bool isLoopback(const QString &host)
{
    return host == QLatin1String("127.0.0.1") || host == QLatin1String("::1")
        || host == QLatin1String("localhost");
}

QStringList siteAddresses(std::string_view site, const std::vector<std::string> &urls)
{
    QStringList addresses;
    const auto add = [&addresses](const QString &address) {
        if (!addresses.contains(address))
            addresses << address;
    };
    for (const std::string &text : urls) {
        QUrl url(toQString(text));
        // The certificate of an HTTPS address is good for this one, not for a name made up here.
        if (url.scheme() == QLatin1String("http") && isLoopback(url.host()) && !site.empty()) {
            url.setHost(toQString(site) + QStringLiteral(".localhost"));
            if (url.isValid())
                add(url.toString());
        }
        add(toQString(text));
    }
    return addresses;
}

} // namespace arc
