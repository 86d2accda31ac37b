"""Our own small set of icons, drawn on a 24 x 24 grid with strokes only; the colour is the text's."""

from __future__ import annotations

#: name -> the inside of an ``<svg viewBox="0 0 24 24">``
ICONS: dict[str, str] = {
    "alert": '<path d="M12 3.5 2.5 20h19z"/><path d="M12 10v4.5M12 17.4v.1"/>',
    "arrow-left": '<path d="M20 12H4m6-6-6 6 6 6"/>',
    "arrow-right": '<path d="M4 12h16m-6-6 6 6-6 6"/>',
    "bell": '<path d="M6 16V11a6 6 0 0 1 12 0v5l1.5 2.5h-15zM10 21h4"/>',
    "building": '<path d="M3 21h18M5 21V9l7-5 7 5v12M9.5 21v-5h5v5M9 11.5h.1M15 11.5h-.1"/>',
    "calendar": '<path d="M4 6h16v14H4zM4 10.5h16M8.5 3.5V8M15.5 3.5V8"/>',
    "card": '<path d="M3 6h18v12H3zM3 10h18M6.5 14.5h4"/>',
    "case": '<path d="M3 8h18v12H3zM9 8V5h6v3M3 13h18"/>',
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "child": '<circle cx="12" cy="6" r="2.6"/><path d="M5.5 11.5 12 12.5l6.5-1M12 12.5V16l-3 5M12 16l3 5"/>',
    "chevron-down": '<path d="m6 9 6 6 6-6"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.5 2"/>',
    "close": '<path d="m6 6 12 12M18 6 6 18"/>',
    "coins": '<circle cx="9" cy="9" r="5.5"/><path d="M13.5 12a5.5 5.5 0 1 1-4 6.5M9 6.5v5"/>',
    "contrast": '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17M15 5v14M18 7v10"/>',
    "copy": '<path d="M9 9h11v12H9zM15 9V4H4v12h5"/>',
    "document": '<path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"/>',
    "download": '<path d="M12 4v11m-5-5 5 5 5-5M4 20h16"/>',
    "easy": '<path d="M3.5 6c3-1.5 6-1.5 8.5.5 2.5-2 5.5-2 8.5-.5v12.5c-3-1.5-6-1.5-8.5.5"/>'
    '<path d="M12 19c-2.5-2-5.5-2-8.5-.5V6M12 6.5V19"/>'
    '<path d="m14.7 11.7 1.5 1.5 2.6-3"/>',
    "edit": '<path d="M4 20l1-4.5L16 4.5l3.5 3.5-11 11zM14 6.5l3.5 3.5"/>',
    "external": '<path d="M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9"/>',
    "family": '<circle cx="8" cy="7" r="3"/><circle cx="17" cy="9.5" r="2.2"/>'
    '<path d="M2.5 20v-3a5.5 5.5 0 0 1 11 0v3M14 20v-2a3.8 3.8 0 0 1 7.5 0v2"/>',
    "file": '<path d="M6 3h8l4 4v14H6zM14 3v4h4"/>',
    "filter": '<path d="M4 5h16l-6 7.5V20l-4-2.5v-5z"/>',
    "globe": '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c5 5 5 12 0 17-5-5-5-12 0-17z"/>',
    "help": '<circle cx="12" cy="12" r="8.5"/>'
    '<path d="M9.5 9.5a2.6 2.6 0 1 1 3.6 2.4c-.8.4-1.1.9-1.1 1.8M12 16.7v.1"/>',
    "home": '<path d="M3.5 11.5 12 4l8.5 7.5M6 10v10h12V10"/>',
    "inbox": '<path d="M3 13 6 5h12l3 8v6H3zM3 13h5.5l1.5 3h4l1.5-3H21"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.6v.1"/>',
    "leaf": '<path d="M5 19c0-9 5-14 15-14 0 10-5 15-13 13M5 21c1-5 4-8 9-10"/>',
    "lock": '<path d="M5 11h14v10H5zM8 11V7.5a4 4 0 0 1 8 0V11"/>',
    "mail": '<path d="M3 6h18v12H3zM3 7l9 6.5L21 7"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "minus": '<path d="M5 12h14"/>',
    "moon": '<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"/>',
    "paperclip": '<path d="M19 11.5 11.5 19a4.6 4.6 0 0 1-6.5-6.5l8-8a3'
    ' 3 0 0 1 4.3 4.3l-8 8a1.5 1.5 0 0 1-2.1-2.1L14 8"/>',
    "pause": '<circle cx="12" cy="12" r="8.5"/><path d="M10 9v6M14 9v6"/>',
    "phone": '<path d="M6 3.5 9.5 4l1 4-2 1.8c1 2.4 2.7 4.2 5.2 5.3L15.5 13l4 1 .5'
    ' 3.5c-.5 2-2 3-4 2.5C9.5 18.5 5 14 3.8 8 3.5 5.5 4.5 4 6 3.5z"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "print": '<path d="M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z"/>',
    "refresh": '<path d="M19.5 12A7.5 7.5 0 0 1 6 16.5M4.5 12A7.5 7.5 0 0 1 18 7.5M18 3.5v4h-4M6 20.5v-4h4"/>',
    "road": '<path d="M8 4 4 20M16 4l4 16M12 4.5v3M12 10.5v3M12 16.5v3"/>',
    "school": '<path d="m2.5 9.5 9.5-5 9.5 5-9.5 5zM6 11.5V17c3.5 2.5 8.5 2.5 12 0v-5.5M21.5 9.5V15"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "shield": '<path d="M12 3 4.5 6v5.5c0 4.5 3 7.8 7.5 9.5 4.5-1.7 7.5-5 7.5-9.5V6z"/>'
    '<path d="m8.5 12 2.5 2.5 4.5-5"/>',
    "sign": '<path d="M7 12.5V6.2a1.4 1.4 0 0 1 2.8 0V11M9.8 10.5V4.6a1.4 1.4 0 0 1 2.8 0v5.9"/>'
    '<path d="M12.6 10.5V6.2a1.4 1.4 0 0 1 2.8 0v6.3M19.5 4.5l1.5-1.5M20 8h2"/>'
    '<path d="M7 11.5 5.6 9.7a1.4 1.4 0 0 0-2.2 1.7l3.4 6.2c1 1.9 2.7 2.9 4.8 2.9 3.2 0 5.4-2.2 5.4-5.4v-4.6"/>'
    '<path d="M17 10.5a1.4 1.4 0 0 0-1.6-1.4"/>',
    "sun": '<circle cx="12" cy="12" r="4"/>'
    '<path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4"/>',
    "theme": '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5a8.5 8.5 0 0 1 0 17z" fill="currentColor"/>',
    "trash": '<path d="M4 6.5h16M9 6.5V4h6v2.5M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6"/>',
    "user": '<circle cx="12" cy="8" r="4"/><path d="M4 20.5c.5-4.5 3.5-6.5 8-6.5s7.5 2 8 6.5"/>',
    "users": '<circle cx="9" cy="8" r="3.5"/>'
    '<path d="M2.5 20c.4-4 2.8-6 6.5-6s6.1 2 6.5 6M15.5 5a3.5 3.5 0 0 1 0 6.5M17.5 14.3c2.4.7 3.7 2.7 4 5.7"/>',
    "wallet": '<path d="M4 7V5.5h13V8M4 7v12h16V8H5.5A1.5 1.5 0 0 1 4 7zM15.5 13.5h.1"/>',
}
