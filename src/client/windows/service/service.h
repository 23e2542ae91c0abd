/* The service: runs a client for a window that has no rights.

   The model: the service listens at a named pipe (platform/windows/net/pipe.h) for requests of protocol.h. A join
   starts this program again as a child, with the invite on its standard input, and the child is the client as anybody
   starts it: identity, journal and status are the same files. Its output goes to a log file. What the window shows is
   the client's own GET /status, so that a client which was started in a terminal is shown, and can be left, too.

   It runs as a Windows service under the system's account (lp_service_dispatch()), which has the rights that a client
   needs, or in a terminal of an administrator (lp_service_serve()). It is started when a window needs it, and ends a
   minute after the last request if no client runs.

   At its end (also PRESHUTDOWN, which gives it more time than a console gets) it makes its client leave and waits for
   it, because the client restores the computer's settings. A client of which the service was killed goes on, and the
   next service finds it. */
#ifndef LP_CLIENT_WINDOWS_SERVICE_SERVICE_H
#define LP_CLIENT_WINDOWS_SERVICE_SERVICE_H

struct lp_failure;
struct lp_program;

/* The pipe, and the name of the Windows service. */
#define LP_SERVICE_NAME "lanparty"

/* Each returns an exit code, after printing the failure. */

/* Serves until Ctrl-C, until its console is closed or the session of Windows ends, or until it is not needed any more.
 */
int lp_service_serve(void);
/* The same, as a service: Windows' service manager starts the program with this. */
int lp_service_dispatch(void);
/* Registers this program as a service that any user who is logged on may start, or changes the registration to this
   program. */
int lp_service_install(void);
/* Stops the service and removes it. Success also if there is none. */
int lp_service_uninstall(void);

#endif
