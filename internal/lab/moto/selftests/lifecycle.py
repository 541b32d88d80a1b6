"""The server's own life: nothing runs or lies about after it, nor after a reset."""

import glob
import json
import os
import signal
import tempfile

from .functions import BOOTSTRAP
from .harness import Account, Case, lab, running, send, start_server, trust, zipped


class Life(Case):
    """A server of the test's own, with a function process running in it."""

    def setUp(self):
        self.process, self.port = start_server(running()["oracle"])
        self.addCleanup(self.process.stdin.close)
        self.addCleanup(self.process.stdout.close)
        account = Account("111122223333", self.port)
        role = account.client("iam").create_role(RoleName="fn", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))[
            "Role"
        ]["Arn"]
        fn = account.client("lambda")
        fn.create_function(FunctionName="f", Runtime="provided.al2023", Role=role, Handler="bootstrap", Code={"ZipFile": zipped(BOOTSTRAP)})
        self.child = json.loads(fn.invoke(FunctionName="f")["Payload"].read())["pid"]
        fn.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps({"do": "sleep", "seconds": 100}))
        self.directory = os.path.join(tempfile.gettempdir(), f"xrole-moto-{self.process.pid}")
        self.assertTrue(glob.glob(self.directory + "/*"))

    def gone(self):
        """Asserts that the server, its function and its directory are gone."""
        self.process.wait(20)
        self.until(lambda: not os.path.exists(f"/proc/{self.child}"))
        self.assertFalse(os.path.exists(self.directory))

    def test_stdin(self):
        """A parent that is gone closes the pipe."""
        self.process.stdin.close()
        self.gone()

    def test_sigterm(self):
        """SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        self.gone()

    def test_reset(self):
        """A reset ends the processes and forgets the keys."""
        lab("POST", "/lab/reset", port=self.port)
        self.until(lambda: not os.path.exists(f"/proc/{self.child}"))
        held = json.loads(send("GET", "127.0.0.1", "/lab/leftovers?account=111122223333", port=self.port)[2])
        self.assertEqual([k for k, v in held.items() if v], [])
        self.process.stdin.close()
        self.gone()

    def test_broken(self):
        """What moto lacks is an error of the lab, not of AWS."""
        account = Account("111122223333", self.port)
        with self.assertRaisesRegex(AssertionError, "lab is broken"):
            account.client("cloudformation").describe_stack_drift_detection_status(StackDriftDetectionId="x")
        with self.assertRaisesRegex(AssertionError, "lab is broken"):
            account.client("sns").get_data_protection_policy(ResourceArn=f"arn:aws:sns:us-east-1:{account.id}:x")
        self.process.stdin.close()
        self.gone()
