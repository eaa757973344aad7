"""The server behind `bunraku serve`: page, REST, WebSocket, sessions and their limits."""
