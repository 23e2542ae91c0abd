; The installer of the Windows client. Built by scripts/windows-installer, which defines VERSION, VERSION4, CLIENT, WINDOW,
; ICON, LICENSE and OUTPUT; DRIVER, a folder with the TAP-Windows6 driver, if it is bundled; SIGN, a command that signs the
; file that is its last argument. The stub is 64-bit, like the client.
Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
RequestExecutionLevel admin
ManifestDPIAware true
ManifestSupportedOS Win10

!include "MUI2.nsh"
!include "LogicLib.nsh"
!include "WinVer.nsh"

!define NAME "LAN Party"
!define CLIENT_EXE "lanparty-client-win.exe"
!define WINDOW_EXE "lanparty.exe"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\lanparty"
; Windows asks for "URL Protocol" in the key of a scheme.
!define LINK_KEY "Software\Classes\lanparty"
!define FIREWALL_RULE "LAN Party client"
!define DRIVER_PAGE "https://openvpn.net/community-downloads/"
; The window's class, and WM_COMMAND of "Leave and exit" in its menu (src/client/windows/window/window.c).
!define WINDOW_CLASS "lanparty-window"
!define MENU_EXIT 3

Name "${NAME} ${VERSION}"
OutFile "${OUTPUT}"
InstallDir "$PROGRAMFILES64\LAN Party"
InstallDirRegKey HKLM "${UNINSTALL_KEY}" "InstallLocation"
ShowInstDetails nevershow
ShowUninstDetails nevershow
BrandingText "${NAME} ${VERSION}"
VIProductVersion "${VERSION4}"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Installer of the LAN Party client"
VIAddVersionKey "LegalCopyright" "MIT license"
!ifdef SIGN
  !finalize '${SIGN} "%1"'
  !uninstfinalize '${SIGN} "%1"'
!endif

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "Open LAN Party"
!define MUI_FINISHPAGE_RUN_FUNCTION OpenWindow
!insertmacro MUI_PAGE_LICENSE "${LICENSE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; 1: the window was open before EndPrograms.
Var WindowWasOpen

Function .onInit
  ${IfNot} ${AtLeastWin10}
    MessageBox MB_ICONSTOP|MB_OK "LAN Party needs Windows 10 or 11." /SD IDOK
    SetErrorLevel 2
    Abort
  ${EndIf}
FunctionEnd

; The window must not have the installer's rights: the shell, which has the user's, starts it.
Function OpenWindow
  Exec '"$WINDIR\explorer.exe" "$INSTDIR\${WINDOW_EXE}"'
FunctionEnd

; Ends what runs of an installed version, for the installer and the uninstaller: the window leaves the party, the service
; waits for its client, and a client of a console is asked to leave. Each takes the time that it needs to restore the
; computer's settings.
!macro EndPrograms
  StrCpy $WindowWasOpen 0
  StrCpy $0 0
  ${Do}
    FindWindow $1 "${WINDOW_CLASS}"
    ${If} $1 == 0
    ${OrIf} $0 >= 200
      ${ExitDo}
    ${EndIf}
    ${If} $0 == 0
      StrCpy $WindowWasOpen 1
      System::Call 'user32::PostMessageW(p $1, i 0x0111, p ${MENU_EXIT}, p 0)'
    ${EndIf}
    Sleep 100
    IntOp $0 $0 + 1
  ${Loop}
  ${If} ${FileExists} "$INSTDIR\${CLIENT_EXE}"
    nsExec::Exec '"$INSTDIR\${CLIENT_EXE}" --uninstall-service'
    Pop $0
    nsExec::Exec '"$INSTDIR\${CLIENT_EXE}" leave'
    Pop $0
  ${EndIf}
!macroend

; A file that has just been closed may still be open for a moment: by the program's end, or by a virus scanner.
!macro DeleteSoon FILE
  StrCpy $0 0
  ${Do}
    ClearErrors
    Delete "${FILE}"
    ${IfNot} ${Errors}
    ${OrIf} $0 >= 100
      ${ExitDo}
    ${EndIf}
    Sleep 100
    IntOp $0 $0 + 1
  ${Loop}
!macroend

!macro RemoveFirewallRule NAME
  nsExec::Exec '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="${NAME}"'
  Pop $0
!macroend

Section "Client"
  SetRegView 64
  SetShellVarContext all
  !insertmacro EndPrograms
  !insertmacro DeleteSoon "$INSTDIR\${CLIENT_EXE}"
  ${IfNot} ${Errors}
    !insertmacro DeleteSoon "$INSTDIR\${WINDOW_EXE}"
  ${EndIf}
  ${If} ${Errors}
    MessageBox MB_ICONSTOP|MB_OK "A program of LAN Party is still running and cannot be replaced. End it, then install again." /SD IDOK
    SetErrorLevel 2
    Abort
  ${EndIf}
  SetOutPath "$INSTDIR"
  File "/oname=${CLIENT_EXE}" "${CLIENT}"
  File "/oname=${WINDOW_EXE}" "${WINDOW}"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateDirectory "$SMPROGRAMS\LAN Party"
  Delete "$SMPROGRAMS\softlan\Join a LAN party.lnk" ; of earlier versions
  CreateShortcut "$SMPROGRAMS\LAN Party\LAN Party.lnk" "$INSTDIR\${WINDOW_EXE}"
  CreateShortcut "$SMPROGRAMS\LAN Party\LAN Party in a console.lnk" "$INSTDIR\${CLIENT_EXE}"
  CreateShortcut "$SMPROGRAMS\LAN Party\Uninstall LAN Party.lnk" "$INSTDIR\uninstall.exe"

  WriteRegStr HKLM "${LINK_KEY}" "" "URL:LAN party invite"
  WriteRegStr HKLM "${LINK_KEY}" "URL Protocol" ""
  WriteRegStr HKLM "${LINK_KEY}\DefaultIcon" "" '"$INSTDIR\${WINDOW_EXE}",0'
  WriteRegStr HKLM "${LINK_KEY}\shell\open\command" "" '"$INSTDIR\${WINDOW_EXE}" "%1"'

  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayName" "LAN Party client"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "Publisher" "softlan-vpn"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${WINDOW_EXE}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoRepair" 1

  ; Without a rule Windows asks about the client, and the user may click Cancel.
  !insertmacro RemoveFirewallRule "${FIREWALL_RULE}"
  nsExec::Exec '"$SYSDIR\netsh.exe" advfirewall firewall add rule name="${FIREWALL_RULE}" dir=in action=allow protocol=udp program="$INSTDIR\${CLIENT_EXE}" profile=any'
  Pop $0

!ifdef DRIVER
  SetOutPath "$INSTDIR\TAP-Windows6"
  File "${DRIVER}\COPYING.txt"
  File "${DRIVER}\SOURCE.txt"
  InitPluginsDir
  SetOutPath "$PLUGINSDIR\driver"
  File "${DRIVER}\OemVista.inf"
  File "${DRIVER}\tap0901.cat"
  File "${DRIVER}\tap0901.sys"
  nsExec::Exec '"$SYSDIR\pnputil.exe" /add-driver "$PLUGINSDIR\driver\OemVista.inf"'
  Pop $0
  SetOutPath "$INSTDIR"
!endif
  ; Also makes the folder for the log and the client's files, before another user can.
  nsExec::Exec '"$INSTDIR\${CLIENT_EXE}" --install-service'
  Pop $0
  ${If} $0 != 0
    MessageBox MB_ICONEXCLAMATION|MB_OK "The LAN Party service could not be installed. The window will not work; LAN Party in a console does." /SD IDOK
  ${EndIf}
  ; Where the driver is in Windows' driver store, from this installer or another.
  nsExec::Exec '"$INSTDIR\${CLIENT_EXE}" --make-adapter'
  Pop $0
  ${If} $0 != 0
    MessageBox MB_ICONQUESTION|MB_YESNO "LAN Party is installed. It needs the TAP-Windows6 driver, which this computer does not have yet.$\r$\n$\r$\nIt comes with OpenVPN's installer, where 'TAP-Windows6' can be chosen alone. Install it, then run this installer again.$\r$\n$\r$\nOpen the download page now?" /SD IDNO IDNO without_driver
    ExecShell "open" "${DRIVER_PAGE}"
  without_driver:
  ${EndIf}
  ; A silent upgrade has no last page that offers it.
  ${If} ${Silent}
  ${AndIf} $WindowWasOpen == 1
    Call OpenWindow
  ${EndIf}
SectionEnd

Section "Uninstall"
  SetRegView 64
  SetShellVarContext all
  !insertmacro EndPrograms
  ; In this context $APPDATA is ProgramData. A journal that the client left is needed to restore the computer's network settings.
  ${If} ${FileExists} "$APPDATA\lanparty\lanparty-client-journal.json"
    MessageBox MB_ICONEXCLAMATION|MB_YESNO "The client was not ended as it should be: settings of the network are still to be restored. Start LAN Party in a console once, end it with Ctrl-C, then uninstall.$\r$\n$\r$\nUninstall all the same?" /SD IDYES IDYES go_on
    Abort
  go_on:
  ${EndIf}
  nsExec::Exec '"$INSTDIR\${CLIENT_EXE}" --remove-adapter'
  Pop $0
  !insertmacro DeleteSoon "$INSTDIR\${CLIENT_EXE}"
  ${IfNot} ${Errors}
    !insertmacro DeleteSoon "$INSTDIR\${WINDOW_EXE}"
  ${EndIf}
  ${If} ${Errors}
    MessageBox MB_ICONSTOP|MB_OK "A program of LAN Party is still running and cannot be removed. End it, then uninstall again." /SD IDOK
    SetErrorLevel 2
    Abort
  ${EndIf}
  Delete "$INSTDIR\TAP-Windows6\COPYING.txt"
  Delete "$INSTDIR\TAP-Windows6\SOURCE.txt"
  RMDir "$INSTDIR\TAP-Windows6"
  ; The uninstaller continues as a copy of itself, and the program that the user started may need a moment to end. A
  ; deleted file that another program has open keeps its folder until it is closed.
  StrCpy $0 0
  ${Do}
    ClearErrors
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    ${IfNot} ${Errors}
      ${ExitDo}
    ${EndIf}
    Sleep 100
    IntOp $0 $0 + 1
  ${LoopUntil} $0 >= 50
  !insertmacro RemoveFirewallRule "${FIREWALL_RULE}"
  ; Firewall rules of a client that was killed (src/platform/windows/net/inbound_com.c). There are none after others.
  !insertmacro RemoveFirewallRule "LAN Party (UDP)"
  !insertmacro RemoveFirewallRule "LAN Party (TCP)"
  Delete "$SMPROGRAMS\LAN Party\LAN Party.lnk"
  Delete "$SMPROGRAMS\LAN Party\LAN Party in a console.lnk"
  Delete "$SMPROGRAMS\LAN Party\Uninstall LAN Party.lnk"
  RMDir "$SMPROGRAMS\LAN Party"
  Delete "$APPDATA\lanparty\lanparty-client-identity.json"
  Delete "$APPDATA\lanparty\lanparty-client-room.conf"
  Delete "$APPDATA\lanparty\lanparty-client-journal.json.lock"
  Delete "$APPDATA\lanparty\lanparty-client-win-status"
  Delete "$APPDATA\lanparty\lanparty-client-win-status.lock"
  Delete "$APPDATA\lanparty\client.log"
  Delete "$APPDATA\lanparty\client.log.old"
  Delete "$APPDATA\lanparty\client.dmp"
  RMDir "$APPDATA\lanparty"
  DeleteRegKey HKLM "${LINK_KEY}"
  DeleteRegKey HKLM "${UNINSTALL_KEY}"
SectionEnd
