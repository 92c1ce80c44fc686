/*
 * measure FILE program [argument…]
 *
 * Runs a program, swallows what it prints, and prints what the kernel says it took: wall clock, CPU
 * (user and system, its own and that of the children it waited for), the largest resident set.
 *
 * A program of its own, because the kernel counts the memory of whoever forked as the child's.
 * The program's standard error goes to FILE.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long microseconds(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

int main(int argc, char **argv) {
  static char buffer[256 * 1024];
  int ends[2], status;
  long long bytes = 0, started;
  struct rusage usage;
  ssize_t got;
  pid_t pid;

  if (argc < 3 || pipe(ends) != 0) return 125;
  started = nanoseconds();
  pid = fork();
  if (pid < 0) return 125;
  if (pid == 0) {
    int in = open("/dev/null", O_RDONLY);
    int err = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(in, 0);
    dup2(ends[1], 1);
    dup2(err, 2);
    close(in);
    close(err);
    close(ends[0]);
    close(ends[1]);
    execvp(argv[2], argv + 2);
    _exit(127);
  }
  close(ends[1]);
  while ((got = read(ends[0], buffer, sizeof buffer)) > 0) bytes += got;
  if (wait4(pid, &status, 0, &usage) != pid) return 125;
#ifdef __APPLE__
  usage.ru_maxrss /= 1024;
#endif
  printf("{\"wall_us\":%lld,\"cpu_us\":%lld,\"rss_kb\":%ld,\"bytes\":%lld,\"status\":%d}\n",
         (nanoseconds() - started) / 1000,
         microseconds(usage.ru_utime) + microseconds(usage.ru_stime), usage.ru_maxrss, bytes,
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
