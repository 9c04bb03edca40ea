"""A load shape for `goals.py`. It stands beside it, here and among the locustfiles of a scenario.

perftui run goals-steps --demo --run-time 30s
locust -f goals.py,goals_steps.py GoalsUser --headless --host http://127.0.0.1:8000
"""

from locust import LoadTestShape

# Until when in seconds, how many users, how many of them start in a second.
STEPS = [(60, 10, 1), (120, 50, 2), (180, 100, 5)]


class GoalsSteps(LoadTestShape):
    """10 users in the first minute, 50 in the second, 100 in the third, then the end.

    A run time stretches the steps, and a number of users their height: the whole can be tried in half a minute.
    """

    use_common_options = True

    def tick(self) -> tuple[int, float] | None:
        options = self.runner.environment.parsed_options
        longest_s, most_users, _ = STEPS[-1]
        stretch = (options.run_time or longest_s) / longest_s
        growth = (options.num_users or most_users) / most_users
        for until_s, users, spawn_rate in STEPS:
            if self.get_run_time() < until_s * stretch:
                return max(1, round(users * growth)), spawn_rate * growth / stretch
        return None
