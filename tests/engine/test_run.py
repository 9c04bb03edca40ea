from __future__ import annotations

def test_smoke(engine, target, locustfile, configure):
    path = locustfile('''
class A(HttpUser):
    wait_time = constant(0.01)
    @task
    def t(self):
        self.client.get("/")
class B(FastHttpUser):
    wait_time = constant(0.01)
    @task
    def t(self):
        self.client.get("/fast")
''')
    engine.run(configure(path, host=target.url, users=4, run_time_s=2.5, stop_timeout_s=1.0))
    for m in engine.messages: print(m)
    print(engine.output, engine.beats)
    engine.check_accounting()
    print(engine.counts, target.requests)
    assert engine.counts == {"/": (target.requests["/"], 0), "/fast": (target.requests["/fast"], 0)}
    assert 0
