"""Entry of ``panel serve explorer --args DIR``; run once for each browser session, so it holds nothing."""

from explorer.session import serve_page

serve_page()
