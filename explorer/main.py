"""Entry point of ``panel serve explorer --args DIR``. It runs once for each browser session and keeps no state."""

from explorer.session import serve_page

serve_page()
