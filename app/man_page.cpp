// SPDX-License-Identifier: Apache-2.0
#include "app/man_page.h"

#include "server/base/version.h"
#include "server/config/schema.h"
#include "server/control/api/control.h"

#include <string_view>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::string_view kBeforeVerbs = R"(.SH NAME
arcology \- serve Python web applications from this computer
.SH SYNOPSIS
.nf
.B arcology \fR[\fIFOLDER\fR]
.B arcology \-\-headless \fR[\fIOPTIONS\fR]
.B arcology serve \fITARGET\fR [\fIOPTIONS\fR]
.B arcology ctl \fIVERB\fR ...
.B arcology keep\-serving \fR[\fBon\fR|\fBoff\fR]
.B arcology doctor
.B arcology \-\-version
.fi
.SH DESCRIPTION
Arcology hosts Django, Flask, FastAPI and other WSGI and ASGI applications, and static files.
One process, the engine, accepts connections and answers; each application runs in worker
processes of its own interpreter.
The window is a second process that administers the engine and may come and go.
.PP
Every form of the command explains its options with
.BR \-\-help .
.SH COMMANDS
.TP
.B arcology \fR[\fIFOLDER\fR]
Opens the window, and starts the engine unless one runs: that of this user, else the service of
this computer.
With a
.I FOLDER
it offers to serve it.
.TP
.B arcology \-\-headless
The engine alone: service, container, server without display.
.B \-\-service
makes it the service of this computer (see FILES),
.B \-\-data\-dir
.I DIR
lets it keep everything in
.IR DIR ,
.B \-\-config
.I FILE
makes it serve that document,
.B \-\-take\-over
makes it take the place of an engine that runs, with its listening sockets, and
.B \-\-set
.IR KEY = VALUE
pins a setting.
.TP
.B arcology serve \fITARGET\fR
Serves one folder without a window, and keeps nothing afterwards.
Prints one line with the address when it really serves; Ctrl+C answers what is in flight and ends.
.TP
.B arcology ctl \fIVERB\fR
Administers the running engine; the verbs are below.
.B \-\-json
prints what the admin API answered.
.TP
.B arcology keep\-serving \fR[\fBon\fR|\fBoff\fR]
Lets the user's own systemd run the engine, also while the user is not logged in, or no longer.
An engine that runs hands its listening sockets over, so that no request fails.
Without a word it tells the state;
.B \-\-json
as one object.
.TP
.B arcology doctor
Says what this machine supports, what is wrong, and how to mend it.
.B \-\-repair
puts the engine's own copy in the place of a damaged configuration database.
.SH VERBS OF CTL
)";

constexpr std::string_view kBetween = R"(.SH VARIABLES AND SECRETS
Each application has environment variables of its own.
.PP
.nf
.B arcology ctl app env set \fIAPP NAME\fB=\fIVALUE\fR ...
.B arcology ctl app env set \fIAPP NAME\fB \-\-secret
.B arcology ctl app env set \fIAPP\fB \-\-env\-file \fIFILE\fR
.B arcology ctl app env list \fIAPP\fR
.B arcology ctl app env unset \fIAPP NAME\fR ...
.B arcology ctl app env check \fIAPP\fR
.fi
.PP
A
.I NAME
without a value is read from standard input, or from the terminal without showing it.
A secret is sealed in the data directory and never shown again.
A change starts new workers; when they do not start, the old ones go on and nothing is changed.
.SH SETTINGS
Each can be set for the engine, and inside the level that is named for a narrower one:
.PP
.nf
.B arcology ctl settings set \fIKEY\fB=\fIVALUE\fR [\fB\-\-site \fINAME\fR | \fB\-\-app \fINAME\fR]
.B arcology serve . \-\-set \fIKEY\fB=\fIVALUE\fR
.fi
)";

constexpr std::string_view kAfterSettings = R"(.SH SERVICE
The package brings a systemd unit that is not enabled:
.PP
.nf
.B sudo systemctl enable \-\-now arcology
.B sudo adduser \fIUSER\fB arcology
.fi
.PP
It runs as the user
.B arcology
and may listen on ports below 1024.
Members of the group
.B arcology
administer it with the window and with
.BR "arcology ctl" .
systemd keeps the listening sockets while the engine restarts, for an upgrade or after a crash, so
that new connections wait instead of being refused.
.SH FILES
.TP
.I ~/.local/share/arcology
Configuration, logs and workers of a user's engine
.RI ( $XDG_DATA_HOME/arcology ).
The file
.I secret.key
in it opens private keys and the secrets of applications; a backup needs it.
.TP
.I $XDG_RUNTIME_DIR/arcology/control.sock
Its admin socket.
.TP
.IR /var/lib/arcology ", " /run/arcology/control.sock
The same of the service.
.SH EXIT STATUS
.TP
0
Done.
.TP
1
Another error.
.TP
2
Wrong usage.
.TP
3
Not a project, or not found.
.TP
4
The application failed to start.
.TP
5
The address is in use.
.TP
6
The data directory cannot be used.
.SH SEE ALSO
.BR systemctl (1),
.BR python3 (1)
)";

/// Text inside a paragraph: no character of it means something to roff.
std::string plain(std::string_view text)
{
    std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out;
}

std::string verbs()
{
    std::string out;
    for (const OperationRow &row : operationRows()) {
        if (!row.verb.empty())
            out += fmt::format(".TP\n.B {}\n{}\n", plain(row.verb), plain(row.help));
    }
    return out;
}

std::string settings()
{
    std::string out;
    for (const SettingRow &row : settingRows()) {
        const std::string value = printSetting(row, fallbackOf(row));
        out += fmt::format(".TP\n.B {}\n{}\nDefault: {}{}; level: {}.\n", plain(row.key),
                           plain(row.help), value.empty() ? "empty" : plain(value),
                           value.empty() || value == row.zeroMeans ? "" : plain(row.unit),
                           scopeName(row.scope));
    }
    return out;
}

} // namespace

std::string manPage()
{
    return fmt::format(".\\\" SPDX-License-Identifier: Apache-2.0\n"
                       ".\\\" Generated by `arcology --dump-docs resources/docs`; do not edit.\n"
                       ".TH ARCOLOGY 1 {} \"Arcology {}\" \"User commands\"\n",
                       kReleaseDate, kVersion)
        + std::string(kBeforeVerbs) + verbs() + std::string(kBetween) + settings()
        + std::string(kAfterSettings);
}

} // namespace arc
