"""The composition roots: settings and flags become registry, connections, server and worker. Alone knows everything."""
