"""pgjdbc and Node's pg, each from its registry: kept in .venv/clients, fetched once."""
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
KEPT = HERE.parents[1] / ".venv/clients"
JDBC = "42.7.4"


def fetch(command, made):
    """Runs the registry's client once; skips when it cannot be reached."""
    if not made.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{command[0]} did not answer in time")
        if done.returncode or not made.exists():
            pytest.skip(f"{command[0]} could not fetch {made.name}: {done.stdout[-200:]}{done.stderr[-200:]}")
    return made


@pytest.mark.skipif(not (shutil.which("java") and shutil.which("mvn")), reason="java or mvn is not installed")
def test_pgjdbc(server, db):
    jar = fetch(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact=org.postgresql:postgresql:{JDBC}", f"-DoutputDirectory={KEPT}"],
                KEPT / f"postgresql-{JDBC}.jar")
    url = f"jdbc:postgresql://127.0.0.1:{server.port}/{str(db).replace('/', '%2F')}"
    done = subprocess.run(["java", "-cp", jar, HERE / "Jdbc.java", url], capture_output=True, text=True, timeout=120)
    assert done.stdout == "ok\n", done.stderr


@pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="node or npm is not installed")
def test_node(server, db):
    modules = fetch(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", KEPT, "pg@8"], KEPT / "node_modules/pg").parent
    done = subprocess.run(["node", HERE / "node_client.js", "127.0.0.1", str(server.port), str(db)], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "NODE_PATH": str(modules)})
    assert done.stdout == "ok\n", done.stderr
