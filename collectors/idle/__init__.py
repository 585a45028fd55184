"""The agent on a PC: how long ago the last input was, kept here and sent by a Sigfox modem.

`watch.py` and `minutes.py` make records and frames of what was seen, `sender.py` sends them within `budget.py` by
`modem.py` over `serial_line.py`; `command.py` is `telltale modem`. The idle time comes from one file a system, tried in
the order of `probe.py`:

    backend   system                        reads                                        tried
    x11       X11                           MIT-SCREEN-SAVER, by python-xlib             on Xvfb
    mutter    GNOME, Wayland and X11        org.gnome.Mutter.IdleMonitor on D-Bus        against a stand-in
    kde       KDE Plasma                    org.freedesktop.ScreenSaver on D-Bus         against a stand-in
    wayland   wlroots, KDE and others       ext-idle-notify-v1                           against a stand-in
    logind    any with systemd, coarse      IdleHint, IdleSinceHint of the session       against a stand-in
    windows   Windows                       GetLastInputInfo against GetTickCount        its arithmetic only
    macos     macOS                         CGEventSourceSecondsSinceLastEventType       not at all

Idle is time without input, whatever is on the screen. A locked screen (`locked.py`, where logind tells it) and a
suspended PC (`watch.py`, on Linux and macOS) are states of their own: locked is away, suspended is unknown. Three
cannot tell idle from a film: a Wayland compositor with version 1 of the protocol (a warning says so), the desktop that
sets logind's hint, X11 while a player resets its saver.

"Against a stand-in" is a real bus or socket with a service of the documented interface behind it, not the real desktop.

Source: wire/sigfox.md 6.
"""
