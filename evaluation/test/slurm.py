"""A Slurm cluster of one's own: Debian's munged, slurmctld and slurmd, as whoever runs this, in a folder.

Nodes are daemons of this machine with a processor each. Nothing outside of the folder is read or written, no port
is fixed, and a node's death is noticed within seconds.
"""
import contextlib
import ctypes
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

from bench import require

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol")
CONFIGURATION = """ClusterName=own
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={ports[0]}
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/spool-%n
SlurmdPidFile={folder}/%n.pid
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=10000
SlurmctldTimeout=10
SlurmdTimeout=5
SlurmdParameters=config_overrides
KillWait=2
MinJobAge=30
ReturnToService=2
MaxArraySize={array}
MaxJobCount={array}0
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def find(program):
    """Daemons are where only root's PATH leads."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def missing():
    return [program for program in PROGRAMS if not find(program)]


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_for(condition, what, seconds=60, pause=0.1):
    deadline = time.monotonic() + seconds
    while not condition():
        require(time.monotonic() < deadline, f"{what}: not within {seconds} s")
        time.sleep(pause)


def words_of(process):
    with contextlib.suppress(OSError):
        return (process / "cmdline").read_text(errors="replace").split("\0")
    return [""]


def end_with_parent():
    """A test that is killed leaves no daemon behind: prctl(PR_SET_PDEATHSIG, SIGKILL)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Cluster:
    """Used with `with`: then all daemons and tasks end, however the test does."""

    def __init__(self, folder, nodes=2, array=1001):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(mode=0o755)
        (self.folder / "state").mkdir()
        self.host = socket.gethostname().split(".")[0]
        self.nodes = [f"n{number}" for number in range(nodes)]
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}
        self.daemons = {}
        self.configure(free_ports(1 + nodes), array)

    def configure(self, ports, array):
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        nodes = "\n".join(f"NodeName={name} NodeHostname={self.host} NodeAddr=127.0.0.1 Port={port} CPUs=1 "
                          "RealMemory=64 State=UNKNOWN" for name, port in zip(self.nodes, ports[1:]))
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            host=self.host, user=pwd.getpwuid(os.getuid()).pw_name, ports=ports, folder=self.folder, nodes=nodes,
            array=array))

    def __enter__(self):
        self.start("munged", "--foreground", "--force", *(f"--{name}={self.folder}/{file}" for name, file in (
            ("socket", "munge.socket"), ("key-file", "munge.key"), ("log-file", "munged.log"),
            ("pid-file", "munged.pid"), ("seed-file", "munged.seed"))))
        wait_for((self.folder / "munge.socket").exists, "munged's socket")
        self.start_controller()
        for node in self.nodes:
            self.start_node(node)
        wait_for(lambda: self.states() == ["idle"] * len(self.nodes), "nodes that are ready")
        return self

    def __exit__(self, *_):
        for name in list(self.daemons):
            self.kill(name)
        for node in self.nodes:
            self.kill_tasks(node)

    def start(self, program, *words, name=None):
        name = name or program
        with open(self.folder / f"{name}.txt", "ab") as log:
            self.daemons[name] = subprocess.Popen([find(program), *words], env=self.environment, stdout=log,
                                                  stderr=log, start_new_session=True, preexec_fn=end_with_parent)

    def start_controller(self):
        self.start("slurmctld", "-D")

    def has_noted(self, name):
        """Whether the controller has written down each task of jobs with this name that it started, which takes it
        some seconds. A record of its file has the name's length before it and a zero behind it."""
        record = struct.pack(">I", len(name) + 1) + name.encode() + b"\0"
        with contextlib.suppress(FileNotFoundError):
            noted = (self.folder / "state" / "job_state").read_bytes().count(record)
            return noted == len(self.ask("squeue", "-h", "-t", "all", "-n", name).splitlines())
        return False

    def start_node(self, node):
        self.start("slurmd", "-D", "-N", node, name=node)

    def kill(self, name):
        """As a power cut does it, for one daemon."""
        daemon = self.daemons.pop(name)
        daemon.kill()
        daemon.wait()

    def kill_node(self, node):
        """A node's daemon, and all that it started."""
        self.kill(node)
        self.kill_tasks(node)

    def kill_tasks(self, node, program=None):
        """What runs on a node: all of it, or processes whose first argument this is. How many there were."""
        victims = [number for number, words in self.tasks(node) if not program or program in words[1:2]]
        for number in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return len(victims)

    def tasks(self, node):
        """Processes of jobs on a node, with their words, those behind which Slurm waits for them first."""
        marks = {f"SLURM_CONF={self.folder}/slurm.conf", f"SLURMD_NODENAME={node}"}
        found, parents = {}, set()
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if marks <= set((entry / "environ").read_text(errors="replace").split("\0")):
                    found[int(entry.name)] = words_of(entry)
                    parents.add(pathlib.Path("/proc", (entry / "stat").read_text().rpartition(")")[2].split()[1]))
        waiting = {int(entry.name): words_of(entry) for entry in parents}
        return [*((number, words) for number, words in waiting.items() if words[0].startswith("slurmstepd")),
                *found.items()]

    def ask(self, *words):
        done = subprocess.run([find(words[0]), *words[1:]], env=self.environment, capture_output=True, text=True)
        return done.stdout

    def states(self):
        return sorted(word.strip("*") for word in self.ask("sinfo", "-N", "-h", "-o", "%t").split())

    def logs(self):
        return "\n".join(f"{path.name}:\n{path.read_text(errors='replace')[-3000:]}"
                         for path in sorted(self.folder.glob("*.log")))
