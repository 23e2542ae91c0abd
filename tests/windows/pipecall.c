/* Sends one request to the service's pipe, as the window does, and prints the reply. Usage: pipecall.exe JSON */
#include <stdio.h>
#include <stdlib.h>

#include "base/failure.h"
#include "platform/windows/net/pipe.h"

int main(int argc, char **argv)
{
	struct lp_failure failure = {0};
	char *reply;
	if (argc != 2 || lp_pipe_call("lanparty", argv[1], (size_t)128 << 10, 5000, &failure, &reply) < 0) {
		printf("%s\n", failure.text);
		return 1;
	}
	puts(reply);
	free(reply);
	return 0;
}
