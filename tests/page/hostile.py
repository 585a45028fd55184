"""Names a page must show as they are, whatever they look like to a browser, a chart or a notebook."""

NAMES = (
    "<!-- <script>",
    "</script><script>window.ran=1</script>",
    "{{7*7}}",
    "[x](javascript:alert(1))",
    "http://evil.example/",
    "<img src=x onerror=window.ran=1>",
    '<a href="http://evil.example/">x</a>',
    '"><svg onload=window.ran=1>',
    "\u202egnp.exe\u202c",
    "a\u2028b\u2029c",
    "x" * 10_000,
)
